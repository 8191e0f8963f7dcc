// What scripts say comes from the page, in its language: <meta name="text:waits-one" content="1 change waits">.

const content = (name) => document.querySelector(`meta[name="text:${name}"]`)?.content;

// `{name}` in a text stands for the value of that name.
export const fill = (found, values = {}) => found.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");

export const text = (name, values) => fill(content(name) ?? "", values);

// The text of this name for so many: `<name>-one` or `<name>-other`, as the language has it.
export function counted(name, count) {
  const form = new Intl.PluralRules(document.documentElement.lang).select(count);
  return fill(content(`${name}-${form}`) ?? content(`${name}-other`) ?? "", { count });
}
