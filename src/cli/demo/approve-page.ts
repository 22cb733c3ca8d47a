// Approves a login on the portal's page as a person would: reads the form and presses the button, over plain HTTP.
import { OpenClawError } from '../../errors.ts';

export async function approveOnPage(pageUrl: string): Promise<void> {
  const page = await fetch(pageUrl, { headers: { accept: 'text/html' } });
  const html = await page.text();
  const form = /<form[^>]*action="([^"]*)"[\s\S]*?<\/form>/.exec(html);
  if (!page.ok || form?.[1] === undefined)
    throw failed(`The page answered HTTP ${page.status} without a form`);
  const fields = new URLSearchParams();
  for (const [, attributes] of form[0].matchAll(/<input([^>]*)>/g)) {
    const name = attribute(attributes ?? '', 'name');
    if (name !== undefined) fields.set(name, attribute(attributes ?? '', 'value') ?? '');
  }
  const button = [...form[0].matchAll(/<button([^>]*)>\s*Approve\s*<\/button>/g)][0]?.[1] ?? '';
  const name = attribute(button, 'name');
  if (name === undefined) throw failed('The page has no Approve button');
  fields.set(name, attribute(button, 'value') ?? '');
  const target = new URL(decode(form[1]), pageUrl);
  const answer = await fetch(target, {
    method: 'POST',
    body: fields,
    headers: { origin: target.origin, referer: pageUrl },
  });
  if (!answer.ok) throw failed(`The approval answered HTTP ${answer.status}`);
}

function attribute(attributes: string, name: string): string | undefined {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1];
  return value === undefined ? undefined : decode(value);
}

function decode(text: string): string {
  return text
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}

function failed(message: string): OpenClawError {
  return new OpenClawError({ code: 'DEMO_FAILED', message: `${message}.` });
}
