import { noSuchPath, notAcceptable } from '../apimachinery/api-error.ts';
import type { Clock } from '../base/clock.ts';
import type { Exchange } from './exchange/exchange.ts';
import { sendObject, sendText } from './handlers/respond.ts';
import type { VersionInfo } from './version.ts';

/** What the pages about the server itself tell. */
export interface ZPagesOptions {
  readonly clock: Clock;
  readonly version: VersionInfo;
  /** The settings by the names of upstream's flags. Never a secret. */
  readonly flags: Readonly<Record<string, string>>;
}

const COMPONENT = 'kube-apiserver';
const GROUP = 'config.k8s.io';
const VERSIONS = ['v1beta1', 'v1alpha1'];
const WARNING =
  'Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.';
/** What `/statusz` leads to. */
const pages = ['/configz', '/flagz', '/healthz', '/livez', '/metrics', '/readyz', '/statusz', '/version'];

/** `/statusz`, `/flagz` and `/configz`: what the server is and how it is set, as text for people or JSON for programs. */
export class ZPages {
  readonly #options: ZPagesOptions;
  readonly #started: number;

  constructor(options: ZPagesOptions) {
    this.#options = options;
    this.#started = options.clock.now();
  }

  /** @throws ApiError NotFound below the page, NotAcceptable for another form */
  statusz(exchange: Exchange): void {
    const version = askedVersion(exchange, '/statusz', 'Statusz');
    if (version) return sendObject(exchange, 200, { ...head('Statusz', version), ...this.#status() });
    const { startTime, uptimeSeconds, goVersion, binaryVersion, emulationVersion, paths } = this.#status();
    const lines = [
      '',
      `${COMPONENT} statusz`,
      WARNING,
      '',
      `Started: ${unixDate(startTime)}`,
      `Up: ${upTime(uptimeSeconds)}`,
      `Go version: ${goVersion}`,
      `Binary version: ${binaryVersion}`,
      `Emulation version: ${emulationVersion}`,
      `Paths: ${paths.join(' ')}`,
    ];
    sendText(exchange, 200, `${lines.join('\n')}\n`);
  }

  /** @throws ApiError NotFound below the page, NotAcceptable for another form */
  flagz(exchange: Exchange): void {
    const version = askedVersion(exchange, '/flagz', 'Flagz');
    const { flags } = this.#options;
    if (version) return sendObject(exchange, 200, { ...head('Flagz', version), flags });
    const lines = Object.entries(flags).map(([name, value]) => `${name}=${value}`);
    sendText(exchange, 200, `${['', `${COMPONENT} flagz`, WARNING, '', ...lines].join('\n')}\n`);
  }

  /** @throws ApiError NotFound below the page */
  configz(exchange: Exchange): void {
    if (exchange.path !== '/configz') throw noSuchPath();
    sendObject(exchange, 200, { [COMPONENT]: this.#options.flags });
  }

  #status() {
    const { clock, version } = this.#options;
    return {
      startTime: new Date(this.#started).toISOString().replace(/\.\d+Z$/, 'Z'),
      uptimeSeconds: Math.floor((clock.now() - this.#started) / 1000),
      goVersion: version.goVersion,
      binaryVersion: version.gitVersion.slice(1),
      emulationVersion: `${version.major}.${version.minor}`,
      paths: pages,
    };
  }
}

function head(kind: string, version: string) {
  return { kind, apiVersion: `${GROUP}/${version}`, metadata: { name: COMPONENT } };
}

/** The version of the JSON form that the client wants; undefined for text. */
function askedVersion(exchange: Exchange, path: string, kind: string): string | undefined {
  if (exchange.path !== path) throw noSuchPath();
  const offers = VERSIONS.map((v) => `application/json;v=${v};g=${GROUP};as=${kind}`);
  for (const range of (exchange.request.headers.accept || '*/*').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    if (type === '*/*' || type === 'text/plain' || type === 'text/*') return undefined;
    const version = VERSIONS.find((v) => parameters.includes(`v=${v}`));
    const fits = parameters.includes(`g=${GROUP}`) && parameters.includes(`as=${kind}`);
    if (type === 'application/json' && version && fits) return version;
  }
  throw notAcceptable(['text/plain', ...offers]);
}

/** `Wed Oct 16 21:03:43 UTC 2024`, as `date` writes it. */
function unixDate(time: string): string {
  const [day, date, month, year, clock] = new Date(time).toUTCString().replace(',', '').split(' ');
  return `${day} ${month} ${date!.replace(/^0/, ' ')} ${clock} UTC ${year}`;
}

function upTime(seconds: number): string {
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
  return `${Math.floor(seconds / 3600)} hr ${two((seconds % 3600) / 60)} min ${two(seconds % 60)} sec`;
}
