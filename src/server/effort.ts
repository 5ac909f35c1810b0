/** How much a server has done, in short requests and what is about as dear. */
export class Effort {
  total = 0;
}

/** What it takes to write so many bytes. */
export function effortOf(bytes: number): number {
  return bytes / 1024;
}
