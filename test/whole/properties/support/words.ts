/** One letter for each event: histories become words, and grammars regular expressions. */
export const LETTERS = {
  waiting: 'w',
  acquired: 'a',
  renewed: 'r',
  uncertain: 'u',
  lost: 'l',
  released: 'x',
  detached: 'h',
} as const;
/** Any beginning of the history of a lock that contends again after each loss, or of several as one: `w` is told of each of them. */
export const GRAMMAR = /^(?:w*a[ru]*l)*(?:w*(?:a[ru]*(?:xc)?)?)[ce]?$/;
