// page.js has asked whether it is meant; a page that asks again is not needed then.
const form = document.querySelector(".stop-all");
form.addEventListener("submit", () => {
  if (form.dataset.confirmed) form.elements.sure.value = "yes";
});
