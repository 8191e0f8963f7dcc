// What a page remembers in the browser. One that refuses site data remembers until the page is closed.

function store(name) {
  const memory = new Map();
  const attempt = (action, otherwise) => {
    try {
      return action(window[name]);
    } catch {
      return otherwise;
    }
  };
  return {
    get: (key) => attempt((data) => data.getItem(key)) ?? memory.get(key) ?? null,
    set(key, value) {
      memory.set(key, value);
      attempt((data) => data.setItem(key, value));
    },
    remove(key) {
      memory.delete(key);
      attempt((data) => data.removeItem(key));
    },
  };
}

export const session = store("sessionStorage");
export const local = store("localStorage");
