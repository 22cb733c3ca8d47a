// Every check, in the order of the report.
import { activityCheck, keychainCheck, keyCheck, storeCheck } from './store-checks.ts';
import { cooldownCheck, orderCheck } from './activity-checks.ts';
import type { Check } from './check.ts';
import { configCheck, modelsCheck, pricesCheck } from './config-checks.ts';
import { filesCheck, litterCheck } from './file-checks.ts';
import { exposureCheck, gatewayCheck } from './gateway-checks.ts';
import { tokenCheck } from './gateway-token-check.ts';
import { leftoverCheck } from './leftover-checks.ts';
import { loginsCheck, ownersCheck } from './login-checks.ts';
import { certificateCheck, clockCheck, proxyCheck } from './network-checks.ts';
import { openclawCheck } from './openclaw-checks.ts';
import { pendingCheck } from './pending-checks.ts';
import { pluginsCheck } from './plugin-checks.ts';
import { keyRegionCheck, loginRegionCheck } from './region-checks.ts';
import { serviceCheck } from './service-check.ts';
import { diskCheck, nodeCheck } from './system-checks.ts';

export const allChecks: readonly Check[] = [
  nodeCheck,
  // First of those that touch the store: whoever opens it closes its files to others.
  filesCheck,
  litterCheck,
  diskCheck,
  keychainCheck,
  keyCheck,
  storeCheck,
  activityCheck,
  loginsCheck,
  ownersCheck,
  loginRegionCheck,
  cooldownCheck,
  orderCheck,
  pendingCheck,
  keyRegionCheck,
  clockCheck,
  proxyCheck,
  certificateCheck,
  configCheck,
  modelsCheck,
  pricesCheck,
  openclawCheck,
  pluginsCheck,
  gatewayCheck,
  tokenCheck,
  exposureCheck,
  serviceCheck,
  leftoverCheck,
];
