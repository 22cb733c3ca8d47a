// The account host: which path is which OAuth endpoint or page, and which faults can meet it. Decides routing only.
import { createBrowserRoutes } from './browser-routes.ts';
import { POLL_GRANT_TYPES } from './clients.ts';
import { answerDeviceAuthorization } from './device-endpoint.ts';
import { jsonReply } from './exchange.ts';
import type { Inbound, Reply } from './exchange.ts';
import type { FaultTarget } from './faults.ts';
import type { Portal } from './portal-state.ts';
import { answerRevocation, answerToken } from './token-endpoint.ts';

export interface HostApp {
  answer(inbound: Inbound): Reply;
  /** What kind of request this is to a fault; null when none may touch it. */
  faultTargets(inbound: Inbound): readonly FaultTarget[] | null;
  /** Requests of the control API leave no trace in the journal. */
  isControl(path: string): boolean;
}

export function tokenFaultTargets(inbound: Inbound): FaultTarget[] {
  const grantType = new URLSearchParams(inbound.body).get('grant_type') ?? '';
  if (POLL_GRANT_TYPES.has(grantType)) return ['token', 'poll'];
  if (grantType === 'refresh_token') return ['token', 'refresh'];
  return grantType === 'authorization_code' ? ['token', 'code'] : ['token'];
}

export function createAccountServer(portal: Portal, control: (inbound: Inbound) => Reply): HostApp {
  const pages = createBrowserRoutes(portal);
  const isControl = (path: string): boolean => path === '/__control' || path.startsWith('/__control/');

  return {
    isControl,
    answer(inbound) {
      switch (inbound.path) {
        case '/oauth2/device/code':
          return answerDeviceAuthorization(portal, inbound, 'account');
        case '/oauth2/token':
          return answerToken(portal, inbound, 'account');
        case '/oauth2/revoke':
          return answerRevocation(portal, inbound);
        case '/oauth-authorize':
          return pages.devicePage(inbound);
        case '/oauth2/authorize':
          return pages.authorizationPage(inbound);
        default:
          return isControl(inbound.path) ? control(inbound) : jsonReply(404, { error: 'not_found' });
      }
    },
    faultTargets(inbound) {
      switch (inbound.path) {
        case '/oauth2/device/code':
          return ['device'];
        case '/oauth2/token':
          return tokenFaultTargets(inbound);
        case '/oauth2/revoke':
          return ['revoke'];
        case '/oauth-authorize':
        case '/oauth2/authorize':
          return null;
        default:
          return isControl(inbound.path) ? null : [];
      }
    },
  };
}
