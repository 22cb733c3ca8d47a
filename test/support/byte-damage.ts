// What can become of a file's bytes: flipped bits, cut and grown ends, pages in each other's place, stray slices, holes.
import * as fc from 'fast-check';

export type Damage = { readonly words: string; readonly apply: (bytes: Buffer) => Buffer };

const pageSize = 4_096;
/** Anywhere in the file, with no liking for its ends. */
const share = fc.noBias(fc.nat(999_999)).map((part) => part / 1_000_000);
const at = (bytes: Buffer, where: number): number => Math.floor(bytes.length * where);
const small = fc.integer({ min: 1, max: 64 });

function changed(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

const flip = fc.tuple(share, fc.nat(7)).map(([where, bit]): Damage => ({
  words: `bit ${bit} at ${where}`,
  apply: (bytes) =>
    changed(bytes, (copy) => {
      const index = at(copy, where);
      copy[index] = (copy[index] ?? 0) ^ (1 << bit);
    }),
}));

const overwrite = fc
  .tuple(share, fc.uint8Array({ minLength: 1, maxLength: 64 }))
  .map(([where, junk]): Damage => ({
    words: `${junk.length} stray bytes at ${where}`,
    apply: (bytes) =>
      changed(bytes, (copy) => copy.set(junk.subarray(0, copy.length - at(copy, where)), at(copy, where))),
  }));

const hole = fc
  .tuple(share, fc.oneof(small, fc.constant(512), fc.constant(pageSize)))
  .map(([where, length]): Damage => ({
    words: `${length} zeros at ${where}`,
    apply: (bytes) =>
      changed(bytes, (copy) => void copy.subarray(at(copy, where), at(copy, where) + length).fill(0)),
  }));

const cut = share.map((where): Damage => ({
  words: `cut at ${where}`,
  apply: (bytes) => bytes.subarray(0, at(bytes, where)),
}));

const cutAtPage = share.map((where): Damage => ({
  words: `cut at the page at ${where}`,
  apply: (bytes) => bytes.subarray(0, Math.floor(at(bytes, where) / pageSize) * pageSize),
}));

const grow = fc
  .oneof(fc.uint8Array({ minLength: 1, maxLength: 600 }), fc.constant(new Uint8Array(pageSize)))
  .map((more): Damage => ({
    words: `${more.length} bytes more`,
    apply: (bytes) => Buffer.concat([bytes, more]),
  }));

const swapPages = fc.tuple(share, share).map(([one, other]): Damage => ({
  words: `pages at ${one} and ${other} exchanged`,
  apply: (bytes) =>
    changed(bytes, (copy) => {
      const [a, b] = [one, other].map((where) => Math.floor(at(bytes, where) / pageSize) * pageSize);
      bytes.subarray(a, (a ?? 0) + pageSize).copy(copy, b);
      bytes.subarray(b, (b ?? 0) + pageSize).copy(copy, a);
    }),
}));

const stray = fc
  .tuple(share, share, fc.oneof(small, fc.constant(512), fc.constant(pageSize)))
  .map(([from, to, length]): Damage => ({
    words: `${length} bytes of ${from} also at ${to}`,
    apply: (bytes) =>
      changed(
        bytes,
        (copy) => void bytes.subarray(at(bytes, from), at(bytes, from) + length).copy(copy, at(bytes, to)),
      ),
  }));

const shift = fc
  .tuple(share, fc.uint8Array({ minLength: 1, maxLength: 32 }))
  .map(([where, more]): Damage => ({
    words: `${more.length} bytes put in at ${where}`,
    apply: (bytes) =>
      Buffer.concat([bytes.subarray(0, at(bytes, where)), more, bytes.subarray(at(bytes, where))]),
  }));

/** One to three damages, one after the other. */
export const someDamage: fc.Arbitrary<Damage> = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: flip },
      { weight: 2, arbitrary: overwrite },
      hole,
      cut,
      cutAtPage,
      grow,
      swapPages,
      stray,
      shift,
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((all) => ({
    words: all.map(({ words }) => words).join(', then '),
    apply: (bytes) => all.reduce((damaged, { apply }) => apply(damaged), bytes),
  }));
