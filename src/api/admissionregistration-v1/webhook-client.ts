import { invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1123Subdomain, portNumber } from '../../apimachinery/names.ts';

/** Where a webhook is: a URL, or a service of the cluster. */
export interface WebhookClient {
  readonly url?: string;
  readonly service?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly path?: string;
    readonly port?: number;
  };
}

const SCHEME = /^[a-z][a-z\d+.-]*:/i;
const FORM = '; desired format: https://host[/path]';

/** The rules of where a webhook is: exactly one of the two. */
export function validateClient({ url, service }: WebhookClient, at: string): FieldError[] {
  if ((url === undefined) === (service === undefined)) {
    return [required(at, 'exactly one of url or service is required')];
  }
  return url === undefined ? validateService(service!, path(at, 'service')) : validateUrl(url, path(at, 'url'));
}

function validateUrl(text: string, at: string): FieldError[] {
  if (!SCHEME.test(text)) {
    return [
      invalid(at, '', `'https' is the only allowed URL scheme${FORM}`),
      invalid(at, '', `host must be specified${FORM}`),
    ];
  }
  const url = URL.parse(text);
  if (!url) return [required(at, `url must be a valid URL: parse ${JSON.stringify(text)}${FORM}`)];
  const errors: FieldError[] = [];
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== 'https') errors.push(invalid(at, scheme, `'https' is the only allowed URL scheme${FORM}`));
  if (!url.hostname) errors.push(invalid(at, url.host, `host must be specified${FORM}`));
  if (url.username || url.password) {
    errors.push(
      invalid(at, url.username + (url.password && `:${url.password}`), 'user information is not permitted in the URL'),
    );
  }
  if (url.hash) errors.push(invalid(at, url.hash.slice(1), 'fragments are not permitted in the URL'));
  if (url.search) errors.push(invalid(at, url.search.slice(1), 'query parameters are not permitted in the URL'));
  return errors;
}

function validateService(service: NonNullable<WebhookClient['service']>, at: string): FieldError[] {
  const { name, namespace, path: route, port } = service;
  const problems = port === undefined ? [] : portNumber(port);
  return [
    ...(name ? [] : [required(path(at, 'name'), 'service name is required')]),
    ...(namespace ? [] : [required(path(at, 'namespace'), 'service namespace is required')]),
    ...problems.map((problem) => invalid(path(at, 'port'), port, `port is not valid: ${problem}`)),
    ...(route === undefined ? [] : validateRoute(route, path(at, 'path'))),
  ];
}

function validateRoute(route: string, at: string): FieldError[] {
  if (route === '' || route === '/') return [];
  const start = route.startsWith('/') ? [] : [invalid(at, route, "must start with a '/'")];
  const steps = route.slice(1).replace(/\/$/, '').split('/');
  const errors = steps.flatMap((step, i) => {
    if (step === '') return [invalid(at, route, `segment[${i}] may not be empty`)];
    return dns1123Subdomain(step).map((detail) => invalid(at, route, `segment[${i}]: ${detail}`));
  });
  return [...start, ...errors];
}
