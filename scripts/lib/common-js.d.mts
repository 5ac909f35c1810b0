/**
 * Makes the CommonJS module of an ES module that the build has made.
 *
 * @throws Error if the module has what cannot be taken so: an export that changes later, or one of all that another module has.
 */
export function commonJs(text: string): string;
