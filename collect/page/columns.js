// The columns of a chunk, as package collect/recording reads them.

// Marks after a name: + is a column of differences, : has strings, ? may be left out if all are 0.
const KINDS = {
  views: "t+ width height ratio scale offset_x offset_y",
  layouts: "t+ slot x y width height",
  images: "t+ slot what: width height",
  states: "t+ what:",
  scrolls: "t+ x y",
  samples: "t+ x+ y+ buttons pointer: frame pressure?",
  crossings: "t+ what: target:",
  presses: "t+ what: x y button pointer: target:",
  keys: "t+ name:",
  drags: "t+ end icon: from: outcome: from_x from_y to_x to_y",
  choices: "t+ what: slot x y via:",
  icons: "t+ what: icon: via: from_x from_y to_x to_y",
  steps: "t+ superclass via:",
  notes: "t+ what: text:",
  gaps: "t+ what: count",
};

// Strings are kept as numbers, so that a row is numbers only.
const strings = [];
const codes = new Map();

export function code(s) {
  let n = codes.get(s);
  if (n === undefined) {
    codes.set(s, n = strings.length);
    strings.push(s);
  }
  return n;
}

class Table {
  constructor(spec, rows) {
    this.columns = spec.split(" ");
    this.names = this.columns.map(c => c.replace(/\W$/, ""));
    this.width = this.columns.length;
    this.values = new Float64Array(rows * this.width);
    this.length = 0;
  }

  /** Returns the place of a new row in values. */
  row() {
    const at = this.length++ * this.width;
    if (at === this.values.length) {
      const larger = new Float64Array(2 * at);
      larger.set(this.values);
      this.values = larger;
    }
    return at;
  }

  /** Returns the columns as JSON, and empties the table. */
  take() {
    const parts = [];
    this.columns.forEach((column, j) => {
      const mark = column.at(-1);
      const out = new Array(this.length);
      let last = 0, zero = true;
      for (let i = 0; i < this.length; i++) {
        const v = this.values[i * this.width + j];
        out[i] = mark === ":" ? strings[v] : v - last;
        zero &&= v === 0;
        if (mark === "+") last = v;
      }
      if (mark !== "?" || !zero) parts.push(`"${this.names[j]}":${JSON.stringify(out)}`);
    });
    this.length = 0;
    return `{${parts.join()}}`;
  }
}

export class Columns {
  /** Rows since the last chunk, and about how many bytes they are. */
  rows = 0;
  bytes = 0;
  tables = Object.fromEntries(Object.entries(KINDS).map(([kind, spec]) => [kind, new Table(spec, kind === "samples" ? 2048 : 64)]));

  /** Adds a row. */
  push(kind, ...values) {
    const table = this.tables[kind];
    const at = table.row();
    for (let j = 0; j < values.length; j++) {
      const v = values[j];
      table.values[at + j] = typeof v === "string" ? code(v) : Math.round(v);
    }
    this.rows++;
    this.bytes += 12 * table.width;
  }

  sample(t, x, y, buttons, pointer, frame, pressure) {
    const table = this.tables.samples;
    const at = table.row(), to = table.values;
    to[at] = t;
    to[at + 1] = Math.round(x);
    to[at + 2] = Math.round(y);
    to[at + 3] = buttons;
    to[at + 4] = pointer;
    to[at + 5] = frame;
    to[at + 6] = Math.round(pressure);
    this.rows++;
    this.bytes += 26;
  }

  /** Returns a chunk, and begins the next. */
  take(head) {
    let text = JSON.stringify(head).slice(0, -1);
    for (const [kind, table] of Object.entries(this.tables)) if (table.length > 0) text += `,"${kind}":${table.take()}`;
    this.rows = this.bytes = 0;
    return text + "}";
  }
}
