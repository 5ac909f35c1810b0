import { Burst } from '../../burst.js';
import type { Worker } from '../../rota.js';
import { priceOf } from './serve.js';
import type { Services } from './services.js';
import type { Request } from '../wire/request.js';

/** What takes as much as so many short requests is paid for before it is done. */
const DEAR = 32;

/** When a dialogue answers, and how much at a time: in its turn among all, and what is dear when it is paid for. */
export class Pace implements Worker {
  due = 0;
  last = 1;
  position = -1;
  private readonly burst: Burst;
  /** What is to be paid for before it is done, and what was paid. */
  private dear: Request | undefined = undefined;
  private paid = 0;
  private isBusy = false;

  /**
   * @param answer Answers until nothing is left, or `isOver`.
   * @param adjust Called after that.
   */
  constructor(
    private readonly services: Services,
    private readonly answer: () => void,
    private readonly adjust: () => void,
  ) {
    this.burst = new Burst(services.now);
  }

  /** Does it wait for its turn? */
  get isResting(): boolean {
    return this.position >= 0;
  }

  get owes(): boolean {
    return this.dear !== undefined;
  }

  /** Goes on when it is its turn: at once, as a rule. */
  proceed(): void {
    if (this.isBusy || this.isResting) return;
    this.services.rota.enter(this);
    this.adjust();
  }

  work(time: number): number {
    const { effort, turn } = this.services;
    const before = effort.total;
    this.isBusy = true;
    this.burst.begin(time);
    turn.run(this.answer);
    this.isBusy = false;
    this.adjust();
    return effort.total - before - this.takePayment();
  }

  /** One more is answered. @param size How much is to be written. @returns Is it enough for now? */
  isOver(size: number): boolean {
    return !this.isResting && this.burst.isOver(size);
  }

  /** Goes on when the others have had their turn. */
  rest(): void {
    this.services.rota.wait(this);
  }

  /** @returns False for what is dear, if others wait: it is to be taken when it is paid for. */
  affords(request: Request): boolean {
    const price = priceOf(request, this.services);
    if (price < DEAR || this.services.rota.pay(this, price)) return true;
    this.paid += price;
    this.dear = request;
    return false;
  }

  /** What is paid for by now. */
  takeDear(): Request | undefined {
    const { dear } = this;
    this.dear = undefined;
    return dear;
  }

  stop(): void {
    this.services.rota.leave(this);
  }

  private takePayment(): number {
    // Of what is not done yet, it stays.
    if (this.owes) return 0;
    const { paid } = this;
    this.paid = 0;
    return paid;
  }
}
