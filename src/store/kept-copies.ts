// Sees to it that nothing is lost where a damaged row is about to be replaced: what does not open here may still be of
// use to whoever can mend it. A whole copy of the store is kept beside it, and said where; it is for a person to remove.
import { cleanText } from '../platform/text.ts';
import type { Sealer } from '../vault/seal.ts';
import { selectRow } from './profile-table.ts';
import { isIntact, rowChecksum } from './row-checksum.ts';
import { openCredential, opens, openSecret, selectKeyId, selectSecret } from './sealed-row.ts';
import type { SqliteDatabase } from './sqlite-database.ts';

/** To be called before the transaction that replaces the row. They throw what making a copy throws. */
export type KeptCopies = {
  ofDamagedLogin(id: string, sealer: Sealer): Promise<void>;
  ofDamagedSecret(name: string, sealer: Sealer): Promise<void>;
};

export function createKeptCopies(database: SqliteDatabase, warn: (message: string) => void): KeptCopies {
  /** What this process has copied, by its bytes: a save that is tried again makes no second copy. */
  const copied = new Set<string>();

  const keep = async (what: string, bytes: Uint8Array): Promise<void> => {
    const mark = Buffer.from(bytes).toString('base64');
    if (copied.has(mark)) return;
    const copy = await database.copyAside();
    copied.add(mark);
    warn(
      `${cleanText(what, 160)} is damaged and is being replaced; the store as it was is kept in ${cleanText(copy, 300)}`,
    );
  };

  return {
    async ofDamagedLogin(id, sealer) {
      const found = await database.read((db) => ({ row: selectRow(db, id), keyId: selectKeyId(db) }));
      // Sealed anew with another key in this moment: the write will notice.
      if (found?.row === undefined || found.keyId !== sealer.keyId) return;
      const { row } = found;
      if (isIntact(row) && opens(() => openCredential(sealer, row))) return;
      await keep(`The stored login ${id}`, Buffer.concat([rowChecksum(row), row.sealed]));
    },
    async ofDamagedSecret(name, sealer) {
      const found = await database.read((db) => ({ sealed: selectSecret(db, name), keyId: selectKeyId(db) }));
      if (found?.sealed === undefined || found.keyId !== sealer.keyId) return;
      const { sealed } = found;
      if (opens(() => openSecret(sealer, name, sealed))) return;
      await keep(`The stored secret ${name}`, sealed);
    },
  };
}
