// What those read who come from a platform, in German.

export default {
  left: "Ein Schritt fehlt noch",
  redirect: name => `Gehen Sie zurück zu ${name}, damit Ihre Teilnahme dort gezählt wird.`,
  form: name => `Geben Sie Ihre Arbeit bei ${name} ab, damit Sie bezahlt werden.`,
  go: { redirect: name => `Zurück zu ${name}`, form: name => `Bei ${name} abgeben` },
  code: name => `Wenn das nicht geht, geben Sie bei ${name} diesen Code an: `,
  soon: seconds => `Das geschieht in ${seconds} Sekunden von selbst. `,
  stay: "Hier bleiben",
  return: name => `Bitte geben Sie die Aufgabe auf der Seite von ${name} zurück, damit jemand anders sie bekommen kann.`,
  tab: name => `Gehen Sie zurück zum Tab mit der Seite von ${name}. Dort geht es von selbst weiter. Diesen hier können Sie schließen.`,

  narrow: "Bitte öffnen Sie die Studie in einem Tab",
  narrowWhy: "Hier ist nicht genug Platz für die Bilder. Öffnen Sie die Studie in einem Tab Ihres Browsers und lassen Sie diese Seite offen: Wenn Sie fertig sind, wird Ihre Arbeit von hier aus abgegeben.",
  open: "In einem Tab öffnen",
  waiting: "Es wird gewartet, bis die Arbeit im Tab fertig ist …",
  ended: "Sie haben aufgehört",
  otherwise: "Wenn Sie nicht teilnehmen wollen, geben Sie die Aufgabe auf dieser Seite zurück.",

  sample: "So sieht eine Seite aus",
  placeholders: "Die grauen Bilder stehen für die, die Sie sehen werden.",
};
