// Which login a client's session has been served with: it stays there while that login works, for a cache of prompts at
// the upstream belongs to one account. In memory, the least recently seen sessions are forgotten first.

export type SessionProfiles = {
  find(provider: string, session: string): string | undefined;
  note(provider: string, session: string, profileId: string): void;
};

/** Names are opaque; longer ones count as none. */
const longestSession = 200;
const sessionsEach = 10_000;

export function createSessionProfiles(limit: number = sessionsEach): SessionProfiles {
  const providers = new Map<string, Map<string, string>>();
  const isName = (session: string): boolean => session !== '' && session.length <= longestSession;
  return {
    find: (provider, session) => providers.get(provider)?.get(session),
    note(provider, session, profileId) {
      if (!isName(session)) return;
      let sessions = providers.get(provider);
      if (sessions === undefined) providers.set(provider, (sessions = new Map()));
      sessions.delete(session);
      sessions.set(session, profileId);
      if (sessions.size <= limit) return;
      for (const oldest of sessions.keys()) {
        sessions.delete(oldest);
        return;
      }
    },
  };
}
