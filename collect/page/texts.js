// The texts of the page in the language of the study. A language is two modules and a line here.

import en from "./texts-en.js";

const languages = {
  de: platform => platform ? import("./texts-platform-de.js") : import("./texts-de.js"),
};

export let texts = en;
let name = "en";

/** Changes the language, if there are texts in it. */
export async function speak(language) {
  name = language.toLowerCase().split("-")[0];
  texts = (await languages[name]?.())?.default ?? en;
  if (texts === en) name = "en";
  document.documentElement.lang = name;
}

/** Returns the texts for those who come from a platform. */
export const platformTexts = async () => (await (languages[name]?.(true) ?? import("./texts-platform-en.js"))).default;
