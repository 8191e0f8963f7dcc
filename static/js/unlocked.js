// A kiosk that locks itself: when the time is over, its page of before comes back.
import { left } from "./clocks.js";

const clock = document.querySelector("[data-until]");
setInterval(() => left(clock.dataset.until) || location.reload(), 1000);
