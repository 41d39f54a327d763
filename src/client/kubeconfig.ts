import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { errorMessage } from '../base/log.ts';
import type { Connection } from './https-transport.ts';

/** How a kubeconfig says to reach a cluster. */
export interface KubeconfigConnection extends Connection {
  /** The context's namespace, `default` when it names none. */
  readonly namespace: string;
}

interface Context {
  cluster?: string;
  user?: string;
  namespace?: string;
}

interface Cluster {
  server?: string;
  'certificate-authority'?: string;
  'certificate-authority-data'?: string;
  'insecure-skip-tls-verify'?: boolean;
  'tls-server-name'?: string;
}

interface User {
  'client-certificate'?: string;
  'client-certificate-data'?: string;
  'client-key'?: string;
  'client-key-data'?: string;
  token?: string;
  tokenFile?: string;
}

/**
 * Reads a kubeconfig file. Paths inside it are relative to it.
 * @throws Error with a sentence that names the file and what is wrong with it
 */
export function loadKubeconfig(file: string, context?: string): KubeconfigConnection {
  try {
    return parseKubeconfig(readFileSync(file, 'utf8'), { directory: dirname(file), context });
  } catch (error) {
    throw new Error(`cannot use the kubeconfig ${file}: ${errorMessage(error)}`, { cause: error });
  }
}

/** What a kubeconfig's text says about `context` (default: its current one). `directory` is where relative paths begin. */
export function parseKubeconfig(
  text: string,
  options: { directory?: string; context?: string | undefined } = {},
): KubeconfigConnection {
  const config = parse(text, { maxAliasCount: 100 }) ?? {};
  const name = options.context ?? config['current-context'];
  if (!name) throw new Error('it has no current-context');
  const context: Context = entry(config, 'contexts', 'context', name);
  const cluster: Cluster = entry(config, 'clusters', 'cluster', context.cluster ?? '');
  const user: User = context.user ? entry(config, 'users', 'user', context.user) : {};
  if (!cluster.server) throw new Error(`the cluster "${context.cluster}" has no server`);
  return connectionOf(cluster, user, context.namespace || 'default', options.directory ?? '.');
}

function connectionOf(cluster: Cluster, user: User, namespace: string, directory: string): KubeconfigConnection {
  return {
    server: cluster.server!,
    namespace,
    ca: material(cluster['certificate-authority-data'], cluster['certificate-authority'], directory),
    cert: material(user['client-certificate-data'], user['client-certificate'], directory),
    key: material(user['client-key-data'], user['client-key'], directory),
    token: tokenOf(user, directory),
    serverName: cluster['tls-server-name'],
    insecureSkipTlsVerify: cluster['insecure-skip-tls-verify'],
  };
}

/** The entry `name` of one of the three lists; each entry is `{ name, <field>: ... }`. */
function entry(config: any, list: string, field: string, name: string): any {
  const found = Array.isArray(config[list]) ? config[list].find((e: any) => e?.name === name) : undefined;
  if (!found) throw new Error(`it has no ${field} "${name}"`);
  return found[field] ?? {};
}

/** PEM from base64 data, which wins, or from a file. */
function material(data: string | undefined, file: string | undefined, directory: string): Buffer | undefined {
  if (data) return Buffer.from(data, 'base64');
  return file ? readFileSync(resolve(directory, file)) : undefined;
}

/** A token file is read anew for each request, because such tokens are renewed in place. */
function tokenOf(user: User, directory: string): string | (() => string) | undefined {
  const { token, tokenFile } = user;
  if (token) return token;
  return tokenFile ? () => readFileSync(resolve(directory, tokenFile), 'utf8').trim() : undefined;
}

/** What `kubeconfigText` writes: one cluster, one user, one context. */
export interface KubeconfigContent {
  readonly server: string;
  readonly ca: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly token?: string;
  /** Name of cluster and context. Default `coxswain`. */
  readonly cluster?: string;
  /** Name of the user. Default `admin`. */
  readonly user?: string;
  readonly namespace?: string;
}

/** A kubeconfig with everything inside it. It holds secrets: write it with mode 0600. */
export function kubeconfigText(content: KubeconfigContent): string {
  const { server, ca, cert, key, token, cluster = 'coxswain', user = 'admin', namespace } = content;
  const credentials = {
    ...(cert && { 'client-certificate-data': base64(cert) }),
    ...(key && { 'client-key-data': base64(key) }),
    ...(token && { token }),
  };
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: cluster, cluster: { server, 'certificate-authority-data': base64(ca) } }],
      users: [{ name: user, user: credentials }],
      contexts: [{ name: cluster, context: { cluster, user, ...(namespace && { namespace }) } }],
      'current-context': cluster,
      preferences: {},
    },
    { lineWidth: 0 },
  );
}

function base64(pem: string | Buffer): string {
  return Buffer.from(pem).toString('base64');
}
