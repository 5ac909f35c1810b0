/** A line of JSON for the log. What JSON lets pass and a terminal may act on is escaped: strangers choose names. */
export function lineOf(entry: object): string {
  return JSON.stringify(entry).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
