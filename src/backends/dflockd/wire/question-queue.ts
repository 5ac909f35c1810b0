import type { Question } from './question.js';

/** So many answered questions are dropped at once: dropping each would move all that follow it. */
const SPARE = 1024;

/** What was asked and is not answered yet, in the order of the answers. */
export class QuestionQueue {
  private questions: Question[] = [];
  /** Where the oldest is. */
  private head = 0;

  get size(): number {
    return this.questions.length - this.head;
  }

  get oldest(): Question | undefined {
    return this.questions[this.head];
  }

  /** The oldest whose answer may still come in time, and must. */
  get expected(): Question | undefined {
    for (let i = this.head; i < this.questions.length; i++) {
      const question = this.questions[i] as Question;
      // Nothing is answered before one that may take any time.
      if (question.isPatient) return undefined;
      if (!question.isLate) return question;
    }
    return undefined;
  }

  /** Does anybody wait for any of them? */
  get isWanted(): boolean {
    for (let i = this.head; i < this.questions.length; i++) if ((this.questions[i] as Question).isWanted()) return true;
    return false;
  }

  push(question: Question): void {
    this.questions.push(question);
  }

  /** The oldest is answered. */
  shift(): void {
    this.head++;
    if (this.head === this.questions.length) {
      this.questions.length = 0;
      this.head = 0;
    } else if (this.head > SPARE && this.head * 2 > this.questions.length) {
      this.questions.splice(0, this.head);
      this.head = 0;
    }
  }

  /** A snapshot, so that who is told something may ask something. */
  all(): readonly Question[] {
    return this.questions.slice(this.head);
  }

  /** Empties it. */
  clear(): readonly Question[] {
    const all = this.all();
    this.questions = [];
    this.head = 0;
    return all;
  }
}
