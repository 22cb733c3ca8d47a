// The table that the checks of `doctor` are held against: a state that is wrong, a state that is right, and what is said.
import { describe, expect, it } from 'vitest';
import { checkIds, type CheckGroup, type CheckId } from '../../src/cli/doctor/check-ids.ts';
import type { Check, DoctorPorts } from '../../src/cli/doctor/check.ts';
import { commandsIn, type Finding, type Severity } from '../../src/cli/doctor/finding.ts';
import { OpenClawError, type ErrorCode } from '../../src/errors.ts';
import { complaintAbout } from './cli-parser.ts';
import { createDoctorStage, type DoctorStage } from './doctor-stage.ts';

type Found = Finding | readonly Finding[];
type State = () => Found | Promise<Found>;

export type StateCase = {
  readonly id: CheckId;
  readonly severity: Severity;
  readonly wrong: State;
  readonly right: State;
  /** Part of the text or the remedy. */
  readonly says?: string;
};

/** Secrets of the cases, which nothing repeats. */
export const plainKey = 'a-plain-text-key';
export const proxyPassword = 'hidden-word';

/** A check over a folder that `prepare` has brought into a state. */
export function over(
  check: Check,
  prepare: (stage: DoctorStage) => unknown = () => undefined,
  overrides?: Partial<DoctorPorts>,
): State {
  return async () => {
    const stage = createDoctorStage();
    await prepare(stage);
    return check.run(stage.ports(overrides));
  };
}

export function anError(code: ErrorCode, message = 'It is so'): OpenClawError {
  return new OpenClawError({ code, message, data: { place: '/state/auth' } });
}

const listOf = (found: Found): readonly Finding[] => ('id' in found ? [found] : found);
const problems = (found: Found, id: CheckId): Finding[] =>
  listOf(found).filter((finding) => finding.id === id && finding.severity !== 'ok');

export function describeStates(groups: readonly CheckGroup[], cases: readonly StateCase[]): void {
  const ids = (Object.keys(checkIds) as CheckId[]).filter((id) => groups.includes(checkIds[id].group));

  describe(groups.join(', '), () => {
    it('every id is among the cases', () => {
      expect([...new Set(cases.map(({ id }) => id))].sort()).toEqual(ids.sort());
    });

    it.each(cases)('$id, $severity: $says', async ({ id, severity, wrong, right, says }) => {
      const found = problems(await wrong(), id);
      expect(found.map((finding) => finding.severity)).toContain(severity);
      const told = found.map(({ text, remedy }) => `${text} ${remedy ?? ''}`).join('\n');
      if (says !== undefined) expect(told).toContain(says);
      for (const secret of [plainKey, proxyPassword]) expect(told).not.toContain(secret);
      for (const { remedy, fix } of found) {
        if (id !== 'doctor.check') expect(remedy).toMatch(/\S/);
        expect(fix?.does ?? 'x').not.toMatch(/[.?]$/);
        for (const command of commandsIn(remedy)) {
          expect(await complaintAbout(command), command).toBeUndefined();
        }
      }
      expect(problems(await right(), id)).toEqual([]);
    });
  });
}
