const DANGLING = /^-+|-+$/g;

/**
 * Makes a text of what a name may have.
 *
 * @param foreign What it may not have, with the flag `g`: a dash stands for each run of it, and none at the ends.
 */
export function dashed(text: string, foreign: RegExp): string {
  return text.replace(foreign, '-').replace(DANGLING, '');
}
