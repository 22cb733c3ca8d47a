// The logins that there are, for questions about their names. A store that cannot be opened has none to ask about: what
// is wrong with it is said where the new login is kept, together with the way out.
import type { App } from '../../app.ts';
import { isOpenClawError } from '../../errors.ts';
import type { ProfileRecord } from '../../store/credential-store.ts';

export async function listRecords(app: App): Promise<readonly ProfileRecord[]> {
  try {
    return await app.store().listProfiles();
  } catch (error) {
    if (isOpenClawError(error) && error.code === 'STORE_CORRUPT') return [];
    throw error;
  }
}
