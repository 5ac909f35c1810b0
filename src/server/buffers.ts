/** What one client makes the server keep: what it has not taken, and what it has asked for ahead. */
export interface Buffered {
  /** Bytes. The sum owns it. */
  buffered: number;
  /** Gives the client up. */
  cut(): void;
}

/** A client that keeps no more is not counted: everybody may have asked for a part of something, or taken a part. In bytes. */
const UNCOUNTED = 1024;
/** Who was given up made room for a while. */
const ENOUGH = 3 / 4;

/** What all clients together make the server keep. If it is too much, those who make it keep the most are given up. */
export class Buffers {
  private readonly keeping = new Set<Buffered>();
  private total = 0;

  /** @param max Bytes. */
  constructor(private readonly max: number) {}

  /** All together. */
  get bytes(): number {
    return this.total;
  }

  /** One keeps so many bytes now. @param maxEach Who keeps more is given up. */
  keep(one: Buffered, bytes: number, maxEach: number): void {
    this.set(one, bytes <= UNCOUNTED ? 0 : bytes);
    if (bytes > maxEach) one.cut();
  }

  /** @param bytes As many as it is now. */
  set(one: Buffered, bytes: number): void {
    if (bytes === one.buffered) return;
    this.total += bytes - one.buffered;
    one.buffered = bytes;
    if (bytes === 0) this.keeping.delete(one);
    else this.keeping.add(one);
  }

  /** @returns Was anybody given up? */
  relieve(): boolean {
    if (this.total <= this.max) return false;
    const all = [...this.keeping].sort((a, b) => b.buffered - a.buffered);
    for (const one of all) {
      if (this.total <= this.max * ENOUGH) break;
      this.set(one, 0);
      one.cut();
    }
    return true;
  }
}
