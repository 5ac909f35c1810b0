/**
 * A pattern of channels: words with dots between them, of which `*` stands for any one and `>`, as the last, for one or
 * more.
 */
export class SignalPattern {
  private readonly words: readonly string[];
  /** Does it stand for more than the channel of that name? */
  readonly isWild: boolean;
  readonly isValid: boolean;

  constructor(readonly text: string) {
    this.words = text.split('.');
    this.isWild = /[*>]/.test(text);
    this.isValid = this.words.every(
      (word, index) => !/[*>]/.test(word) || word === '*' || (word === '>' && index === this.words.length - 1),
    );
  }

  /** @param words Of a channel. */
  matches(words: readonly string[]): boolean {
    for (const [index, word] of this.words.entries()) {
      const given = words[index];
      if (given === undefined) return false;
      if (word === '>') return true;
      if (word !== '*' && word !== given) return false;
    }
    return words.length === this.words.length;
  }
}
