// The API host: models, plan usage, and the OAuth paths that used to live here, which answer 307 to the account host
// or serve the old dialect. Decides routing only.
import { tokenFaultTargets } from './account-server.ts';
import type { HostApp } from './account-server.ts';
import { answerCountTokens, answerMessages, answerModelList, anthropicError } from './anthropic-door.ts';
import { answerDeviceAuthorization, redirectLegacy } from './device-endpoint.ts';
import { redirectReply } from './exchange.ts';
import { answerChatCompletions, answerOpenaiModels } from './openai-door.ts';
import { answerPlanUsage } from './plan-usage.ts';
import type { Portal } from './portal-state.ts';
import { answerResponses } from './responses-door.ts';
import { answerToken } from './token-endpoint.ts';

const USAGE_PATH = '/v1/token_plan/remains';
const OLD_USAGE_PATH = '/v1/api/openplatform/coding_plan/remains';

export function createApiServer(portal: Portal): HostApp {
  const isServed = (): boolean => portal.settings().legacy === 'serve';
  return {
    isControl: () => false,
    answer(inbound) {
      switch (inbound.path) {
        case '/anthropic/v1/messages':
          return answerMessages(portal, inbound);
        case '/anthropic/v1/messages/count_tokens':
          return answerCountTokens(portal, inbound);
        case '/anthropic/v1/models':
          return answerModelList(portal, inbound);
        case '/v1/chat/completions':
          return answerChatCompletions(portal, inbound);
        case '/v1/responses':
          return answerResponses(portal, inbound);
        case '/v1/models':
          return answerOpenaiModels(portal, inbound);
        case USAGE_PATH:
          return answerPlanUsage(portal, inbound, 'new');
        case OLD_USAGE_PATH:
          return answerPlanUsage(portal, inbound, 'old');
        case '/oauth/code':
          if (isServed()) return answerDeviceAuthorization(portal, inbound, 'legacy');
          return redirectReply(307, redirectLegacy(portal, inbound, '/oauth2/device/code'));
        case '/oauth/token':
          if (isServed()) return answerToken(portal, inbound, 'legacy');
          return redirectReply(307, redirectLegacy(portal, inbound, '/oauth2/token'));
        default:
          return anthropicError(404, 'not_found_error', 'no such path');
      }
    },
    faultTargets(inbound) {
      switch (inbound.path) {
        case '/anthropic/v1/messages':
        case '/v1/chat/completions':
        case '/v1/responses':
          return ['messages'];
        case USAGE_PATH:
        case OLD_USAGE_PATH:
          return ['usage'];
        case '/oauth/code':
          return ['device'];
        case '/oauth/token':
          return tokenFaultTargets(inbound);
        default:
          return [];
      }
    },
  };
}
