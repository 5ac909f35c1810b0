import { Question } from './question.js';

/** The first question on a connection to a server that wants to know who asks. */
export class Authentication extends Question {
  /** @param unwanted Called if the server wants to know nothing. */
  constructor(private readonly unwanted: () => void) {
    super();
  }

  override isWanted(): boolean {
    return false;
  }

  answered(line: string): boolean {
    // A server that wants no token takes one for a mistake.
    if (line === 'error') this.unwanted();
    return line === 'ok' || line === 'error';
  }

  failed(): void {
    // All that is asked after it fails as well.
  }
}
