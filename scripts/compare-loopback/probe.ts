// A row of the comparison: what is asked of every listener, by which rule an answer is judged, and the cell that comes
// of it.
import type { Subject } from './subject.ts';
import type { Visit } from './visit.ts';

export type Cell = {
  readonly text: string;
  /** Against the row's rule; absent where no rule speaks of what was seen. */
  readonly isRight?: boolean;
};

export type Probe = {
  readonly title: string;
  /** `RFC 8252 §8.3`; absent where no standard says what is right. */
  readonly rule?: string;
  /** Asks a login that nobody has asked anything yet. */
  readonly needsFreshLogin?: true;
  ask(visit: Visit, subject: Subject): Promise<Cell>;
};

export function judged(text: string, isRight: boolean): Cell {
  return { text, isRight };
}
