// The texts of the page in the language of the study. A language is a module and a line here.

import en from "./texts-en.js";

const languages = {};

export let texts = en;

/** Changes the language, if there are texts in it. */
export async function speak(language) {
  const name = language.toLowerCase().split("-")[0];
  texts = (await languages[name]?.())?.default ?? en;
  document.documentElement.lang = texts === en ? "en" : name;
}

/** Returns the texts for those who come from a platform. */
export const platformTexts = async () => (await import("./texts-platform-en.js")).default;
