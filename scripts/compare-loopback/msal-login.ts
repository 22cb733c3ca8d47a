// A program that logs in with msal-node the way its samples do: acquireTokenInteractive with the library's own loopback
// listener. The authority's metadata is given and its HTTP goes to the stub authority, for there is no internet.
// Arguments: msal-node's module, the stub authority's URL. Exit code 0 when a token was obtained, 1 otherwise.
type NetworkOptions = { headers?: Record<string, string>; body?: string };
type NetworkAnswer = { headers: Record<string, string>; body: unknown; status: number };
type Msal = {
  PublicClientApplication: new (configuration: unknown) => {
    acquireTokenInteractive(request: {
      scopes: string[];
      openBrowser: (url: string) => Promise<void>;
    }): Promise<{ account: unknown }>;
  };
};

const [moduleFile = '', stubUrl = ''] = process.argv.slice(2);
const tenant = 'https://login.microsoftonline.com/common';
const { PublicClientApplication } = (await import(moduleFile)) as Msal;
const send = async (method: string, options?: NetworkOptions): Promise<NetworkAnswer> => {
  const response = await fetch(stubUrl, {
    method,
    headers: options?.headers ?? {},
    ...(options?.body === undefined ? {} : { body: options.body }),
  });
  return {
    headers: Object.fromEntries(response.headers),
    body: await response.json(),
    status: response.status,
  };
};
const application = new PublicClientApplication({
  auth: {
    clientId: '11111111-2222-3333-4444-555555555555',
    authority: tenant,
    knownAuthorities: ['login.microsoftonline.com'],
    authorityMetadata: JSON.stringify({
      issuer: `${tenant}/v2.0`,
      authorization_endpoint: `${tenant}/oauth2/v2.0/authorize`,
      token_endpoint: `${tenant}/oauth2/v2.0/token`,
      jwks_uri: `${tenant}/discovery/v2.0/keys`,
      end_session_endpoint: `${tenant}/oauth2/v2.0/logout`,
    }),
  },
  system: {
    networkClient: {
      sendGetRequestAsync: (_url: string, options?: NetworkOptions) => send('GET', options),
      sendPostRequestAsync: (_url: string, options?: NetworkOptions) => send('POST', options),
    },
  },
});
try {
  await application.acquireTokenInteractive({
    scopes: ['openid'],
    async openBrowser(url) {
      process.stdout.write(`${url}\n`);
    },
  });
  process.stdout.write('logged in\n');
} catch (error) {
  process.stdout.write(`failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
