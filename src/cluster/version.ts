import { readFileSync } from 'node:fs';
import { kubernetesVersion as served } from '../apiserver/version.ts';

const { major, minor, patch } = served;

/** The level of Kubernetes whose API is served, e.g. `v1.36.0`. */
export const kubernetesVersion = `v${major}.${minor}.${patch}`;

/** This package's version. */
export function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
