// Types of what the scripts of this folder pass to each other. Browsers do not load this file.

/** What the server leases: the pages of an assignment. */
export interface Lease {
  assignment: string | null;
  record: { level: Level; rate: number; keys: boolean };
  task: "browse" | "tag";
  pages: Page[];
  /** Sizes of the interface in CSS pixels, which are also variables of the style. */
  measures: Record<string, number>;
  placing?: "drag" | "both";
  superclasses?: { name: string; icons: { name: string; key?: string }[] }[];
}
export type Level = "full" | "events" | "answers";
export interface Page { page: string; number: number; attempts: number; submitted: boolean; arm: Arm; class?: any; slots: Slot[] }
export interface Slot { key: string; width: number; height: number }
export interface Arm { name: string; pointer: "default" | "red-dot" | "ring"; reveal: "always" | "hover"; instruction: string; magnifier: "none" | "drag" }

/** What browse.js and tag.js export. */
export type Show = (page: Page, context: Context) => Screen;
export interface Context {
  lease: Lease;
  arm: Arm;
  /** What the arm shows at the pointer; null if nothing. */
  mark: typeof import("./mark.js") | null;
  recorder: import("./recorder.js").Recorder;
  /** What keep was called with before a reload, or null. */
  draft: any;
  /** Ends with the page. */
  signal: AbortSignal;
  /** Loads an image into an element. Shown is called with whether that failed. */
  image(element: HTMLImageElement, key: string, slot: number, shown: (failed: boolean) => void): void;
  url(key: string): string;
  /** Keeps the state of the answer, for a reload. */
  keep(state: any): void;
}
export interface Screen {
  title: string;
  head: (Node | string | false | undefined)[];
  body: HTMLElement;
  /** Stands above the submit button. */
  foot: Node;
  /** The images, in the order of their slots. */
  slots: HTMLImageElement[];
  answer(): { selected: number[] } | { icons: { icon: string; x: number; y: number }[] };
  /** Why the page cannot be submitted yet, or an empty string. */
  refusal(): string;
}

/** What waits to be sent. */
export interface Item {
  id: number; // their order
  assignment: string;
  kind: "chunk" | "submit" | "leave";
  page: string;
  attempt: number;
  seq?: number; // of a chunk
  body?: Uint8Array; // of a chunk, as it is sent
  gzip?: boolean;
  digest?: string; // of the body, in hexadecimal digits
  digests?: string[]; // of all chunks of a submit
  message?: any; // to submit, or to leave with
  failed?: string; // why the server refuses it
}

/** The answer of a page, before it is acknowledged. */
export interface Draft { page: string; assignment: string; attempt: number; done: boolean; answer: any }
