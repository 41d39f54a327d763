import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { isIP } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { errorMessage } from '../base/log.ts';
import {
  CertificateAuthority,
  certificateServes,
  type CertificateRequest,
  type KeyPair,
} from '../auth/certificates.ts';
import type { StaticToken } from '../auth/authn/static-token.ts';
import { generateServiceAccountKey, publicKeyOf, type ServiceAccountKeys } from '../auth/tokens.ts';

/** The certificates that a cluster has. Names with a slash lie in a folder. */
export type CertificateName =
  | 'apiserver'
  | 'apiserver-kubelet-client'
  | 'kubelet-serving'
  | 'etcd/server'
  | 'etcd/peer'
  | 'etcd/client'
  | 'admin'
  | 'controller-manager'
  | 'scheduler'
  | 'kubelet'
  | 'proxy'
  | 'dns';

export interface PkiOptions {
  /** Where keys are kept. Absent: in memory only. */
  readonly directory?: string;
  readonly clock: Clock;
  /** The node whose kubelet certificates are made. Default: this machine's name. */
  readonly nodeName?: string;
  /** Further names and addresses of the API server: bind address, node addresses. */
  readonly apiServerHosts?: readonly string[];
  /** Names and addresses of the kubelet. */
  readonly kubeletHosts?: readonly string[];
  /** The cluster IP of the `kubernetes` service. Default: 10.96.0.1. */
  readonly serviceIp?: string;
}

/** Paths of PEM files. */
export interface KeyFiles {
  readonly certificate: string;
  readonly privateKey: string;
  /** The authority that signed it. */
  readonly ca: string;
}

const validDays = 365;

/** A certificate that would expire within this many days is made anew. */
const renewDays = 90;

/** How many former keys of service account tokens stay accepted. */
const keptKeys = 3;

/**
 * The cluster's keys and certificates. Each is made when it is first asked for and, with a directory, kept there in
 * files of mode 0600; it is made anew when it nears its end or no longer names all hosts. etcd trusts an authority of
 * its own, so that no client certificate of the cluster opens it.
 */
export class Pki {
  readonly ca: CertificateAuthority;
  #etcdCa: Promise<CertificateAuthority> | undefined;
  readonly #options: PkiOptions;
  readonly #requests: Record<CertificateName, CertificateRequest>;
  #pairs = new Map<CertificateName, Promise<KeyPair>>();
  #serviceAccountKeys: ServiceAccountKeys;
  #adminToken: string | undefined;

  private constructor(options: PkiOptions, ca: CertificateAuthority, keys: ServiceAccountKeys) {
    this.#options = options;
    this.#requests = requests(options);
    this.ca = ca;
    this.#serviceAccountKeys = keys;
  }

  /**
   * Takes what is in the directory and makes what is missing.
   * @throws Error with one sentence that names the file, when one cannot be used
   */
  static async open(options: PkiOptions): Promise<Pki> {
    const ca = await openAuthority(options, 'ca', 'coxswain-ca');
    return new Pki(options, ca, openServiceAccountKeys(options.directory));
  }

  /** The PEM text of the cluster's authority, for kubeconfigs and `kube-root-ca.crt`. */
  get caCertificate(): string {
    return this.ca.certificate;
  }

  /** The keys of service account tokens. */
  get serviceAccountKeys(): ServiceAccountKeys {
    return this.#serviceAccountKeys;
  }

  /** The administrator's bearer token, for what cannot use client certificates. Made if there is none yet. */
  adminToken(): StaticToken {
    const file = this.#options.directory && join(this.#options.directory, 'admin.token');
    this.#adminToken ??= (file && readText(file)?.trim()) || randomBytes(32).toString('base64url');
    if (file && !existsSync(file)) writePrivate(file, this.#adminToken);
    return { token: this.#adminToken, username: 'kubernetes-admin', groups: ['system:masters'] };
  }

  /** A certificate with its key; made if there is none yet. */
  credentials(name: CertificateName): Promise<KeyPair> {
    let pair = this.#pairs.get(name);
    if (!pair) {
      pair = this.#openPair(name);
      this.#pairs.set(name, pair);
      pair.catch(() => this.#pairs.delete(name));
    }
    return pair;
  }

  /**
   * The same as files, for programs that want paths.
   * @throws Error without a directory
   */
  async files(name: CertificateName): Promise<KeyFiles> {
    const { directory } = this.#options;
    if (!directory) throw new Error('certificates that are kept in memory have no files');
    await this.credentials(name);
    const base = join(directory, name);
    const ca = join(directory, name.startsWith('etcd/') ? 'etcd/ca.crt' : 'ca.crt');
    return { certificate: `${base}.crt`, privateKey: `${base}.key`, ca };
  }

  /** Makes a certificate for somebody else: a further node, a user. */
  issue(request: CertificateRequest): Promise<KeyPair> {
    return this.ca.issue(request);
  }

  /** Makes those certificates anew that near their end; returns their names. To be called now and then. */
  async renew(): Promise<CertificateName[]> {
    const renewed: CertificateName[] = [];
    for (const [name, current] of this.#pairs) {
      const before = await current;
      if (await this.#serves(name, before.certificate)) continue;
      this.#pairs.delete(name);
      await this.credentials(name);
      renewed.push(name);
    }
    return renewed;
  }

  /** Makes a new key for service account tokens. Those signed with the former ones stay valid. */
  rotateServiceAccountKey(): ServiceAccountKeys {
    const { signing, accepted = [] } = this.#serviceAccountKeys;
    this.#serviceAccountKeys = {
      signing: generateServiceAccountKey(),
      accepted: [publicKeyOf(signing), ...accepted].slice(0, keptKeys),
    };
    if (this.#options.directory) writeServiceAccountKeys(this.#options.directory, this.#serviceAccountKeys);
    return this.#serviceAccountKeys;
  }

  async #openPair(name: CertificateName): Promise<KeyPair> {
    const { directory } = this.#options;
    const kept = directory && readPair(join(directory, name));
    if (kept && (await this.#serves(name, kept.certificate))) return kept;
    const pair = await (await this.#authority(name)).issue(this.#requests[name]);
    if (directory) writePair(join(directory, name), pair);
    return pair;
  }

  async #serves(name: CertificateName, certificate: string): Promise<boolean> {
    const authority = await this.#authority(name);
    try {
      const good = certificateServes(certificate, this.#requests[name], this.#options.clock, renewDays);
      return good && authority.signed(certificate);
    } catch {
      // Not a certificate at all: it is made anew.
      return false;
    }
  }

  #authority(name: CertificateName): Promise<CertificateAuthority> {
    if (!name.startsWith('etcd/')) return Promise.resolve(this.ca);
    this.#etcdCa ??= openAuthority(this.#options, 'etcd/ca', 'coxswain-etcd-ca');
    return this.#etcdCa;
  }
}

/** What each certificate says. User and group names are those that upstream's default roles know. */
function requests(options: PkiOptions): Record<CertificateName, CertificateRequest> {
  const node = options.nodeName ?? hostname();
  const local = ['localhost', '127.0.0.1', '::1'];
  const kubernetes = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ];
  const service = options.serviceIp ?? '10.96.0.1';
  const apiServer = [...local, ...kubernetes, service, hostname(), ...(options.apiServerHosts ?? [])];
  const kubelet = [...local, node, ...(options.kubeletHosts ?? [])];
  return {
    apiserver: serverRequest('kube-apiserver', apiServer),
    'apiserver-kubelet-client': clientRequest('kube-apiserver-kubelet-client', 'system:masters'),
    'kubelet-serving': serverRequest(`system:node:${node}`, kubelet, ['system:nodes']),
    // etcd's own gateway calls its own port with the serving certificate.
    'etcd/server': { ...serverRequest('etcd', local), usages: ['server', 'client'] },
    'etcd/peer': { ...serverRequest('etcd-peer', local), usages: ['server', 'client'] },
    'etcd/client': clientRequest('kube-apiserver-etcd-client'),
    admin: clientRequest('kubernetes-admin', 'system:masters'),
    'controller-manager': clientRequest('system:kube-controller-manager'),
    scheduler: clientRequest('system:kube-scheduler'),
    kubelet: clientRequest(`system:node:${node}`, 'system:nodes'),
    proxy: clientRequest('system:kube-proxy'),
    dns: clientRequest('system:kube-dns'),
  };
}

function clientRequest(commonName: string, ...organizations: string[]): CertificateRequest {
  return { commonName, organizations, usages: ['client'], days: validDays };
}

function serverRequest(commonName: string, hosts: readonly string[], organizations: string[] = []): CertificateRequest {
  const unique = [...new Set(hosts)].filter((host) => host && host !== '0.0.0.0' && host !== '::');
  return {
    commonName,
    organizations,
    // A machine's name may have letters or a length that a certificate cannot hold; it is then left out.
    dnsNames: unique.filter((host) => !isIP(host) && /^[a-z0-9.-]{1,253}$/i.test(host)),
    ips: unique.filter((host) => isIP(host)),
    usages: ['server'],
    days: validDays,
  };
}

async function openAuthority(options: PkiOptions, name: string, commonName: string): Promise<CertificateAuthority> {
  const base = options.directory && join(options.directory, name);
  const kept = base && readPair(base);
  if (kept) {
    return CertificateAuthority.load(kept, options.clock).catch((error) =>
      Promise.reject(new Error(`${base}.crt and ${base}.key cannot be used: ${errorMessage(error)}`)),
    );
  }
  if (base && existsSync(`${base}.crt`))
    throw new Error(`${base}.key is missing; put it back, or remove ${base}.crt too`);
  const authority = await CertificateAuthority.create(commonName, options.clock);
  if (base) writePair(base, authority.export());
  return authority;
}

function openServiceAccountKeys(directory: string | undefined): ServiceAccountKeys {
  const signing = directory && readText(join(directory, 'sa.key'));
  if (signing) {
    const accepted = readText(join(directory, 'sa-accepted.pub')) ?? '';
    return { signing, accepted: accepted.match(/-----BEGIN [^]+?-----END [A-Z ]+-----\n?/g) ?? [] };
  }
  const keys = { signing: generateServiceAccountKey() };
  if (directory) writeServiceAccountKeys(directory, keys);
  return keys;
}

function writeServiceAccountKeys(directory: string, keys: ServiceAccountKeys): void {
  writePrivate(join(directory, 'sa-accepted.pub'), (keys.accepted ?? []).join(''));
  writePrivate(join(directory, 'sa.key'), keys.signing);
}

function readPair(base: string): KeyPair | undefined {
  const certificate = readText(`${base}.crt`);
  const privateKey = readText(`${base}.key`);
  return certificate && privateKey ? { certificate, privateKey } : undefined;
}

/** The key first: a certificate without its key would look complete. */
function writePair(base: string, pair: KeyPair): void {
  writePrivate(`${base}.key`, pair.privateKey);
  writePrivate(`${base}.crt`, pair.certificate);
}

/** Writes a file that its owner alone can read, whole or not at all. */
function writePrivate(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  chmodSync(dirname(file), 0o700);
  writeFileSync(`${file}.new`, content, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${file} cannot be read: ${errorMessage(error)}`, { cause: error });
  }
}
