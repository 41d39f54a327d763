import type { V1EnvVarSource } from '@kubernetes/client-node';
import type { Plain } from '../../apimachinery/object.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import type { Container } from '../pod-spec.ts';
import { configMapFiles, secretFiles, type ConfigSource } from './config-source.ts';
import { readEnvFile } from './env-file.ts';
import { expand } from './expand.ts';
import type { MountedVolume } from './volume-mounts.ts';
import { fieldValue, resourceValue, type DownwardFacts } from './field-ref.ts';

/** What the environment of a container is made of. */
export interface EnvInputs {
  readonly source: ConfigSource;
  readonly facts: DownwardFacts;
  /** Variables of services: weaker than the container's own. */
  readonly services: ReadonlyMap<string, string>;
  /** By the volumes' names. */
  readonly volumes?: ReadonlyMap<string, MountedVolume> | undefined;
}

/** What can be the name of an environment variable (KEP-4369): printable ASCII, but no equals sign. */
const VARIABLE = /^[ -<>-~]+$/;

/**
 * The environment of a container: services, then `envFrom`, then `env`, the later winning; `$(NAME)` in values refers to
 * what was set before.
 * @throws Error with a sentence that becomes the message of CreateContainerConfigError
 */
export async function containerEnv(pod: Pod, container: Container, inputs: EnvInputs): Promise<Map<string, string>> {
  const env = new Map<string, string>();
  for (const from of container.envFrom ?? []) {
    for (const [name, value] of await valuesFrom(from, inputs)) env.set(name, value);
  }
  const visible = new Map([...inputs.services, ...env]);
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom
      ? await valueFrom(variable.valueFrom, pod, container, inputs)
      : expand(variable.value ?? '', visible);
    if (value === undefined) continue;
    env.set(variable.name, value);
    visible.set(variable.name, value);
  }
  for (const [name, value] of inputs.services) if (!env.has(name)) env.set(name, value);
  return env;
}

async function valuesFrom(
  from: NonNullable<Container['envFrom']>[number],
  { source }: EnvInputs,
): Promise<Map<string, string>> {
  const files = new Map<string, Buffer>();
  if (from.configMapRef) {
    const map = await source.configMap(from.configMapRef.name ?? '', from.configMapRef.optional);
    for (const [key, text] of Object.entries(map?.data ?? {})) files.set(key, Buffer.from(text));
  } else if (from.secretRef) {
    const found = await source.secret(from.secretRef.name ?? '', from.secretRef.optional);
    if (found) for (const [key, bytes] of secretFiles(found)) files.set(key, bytes);
  }
  const named = [...files].map(([key, bytes]) => [`${from.prefix ?? ''}${key}`, bytes.toString('utf8')] as const);
  return new Map(named.filter(([name]) => VARIABLE.test(name)));
}

async function valueFrom(
  from: Plain<V1EnvVarSource>,
  pod: Pod,
  container: Container,
  { source, facts, volumes }: EnvInputs,
): Promise<string | undefined> {
  if (from.fieldRef) return fieldValue(from.fieldRef.fieldPath, pod, facts);
  if (from.resourceFieldRef) return resourceValue(from.resourceFieldRef, pod, container.name, facts);
  if (from.configMapKeyRef) {
    const { name = '', key, optional } = from.configMapKeyRef;
    const map = await source.configMap(name, optional);
    return valueOf(
      map && configMapFiles(map),
      key,
      optional,
      `couldn't find key ${key} in ConfigMap ${source.namespace}/${name}`,
    );
  }
  if (from.secretKeyRef) {
    const { name = '', key, optional } = from.secretKeyRef;
    const found = await source.secret(name, optional);
    return valueOf(
      found && secretFiles(found),
      key,
      optional,
      `couldn't find key ${key} in Secret ${source.namespace}/${name}`,
    );
  }
  return from.fileKeyRef && fromFile(from.fileKeyRef, volumes);
}

async function fromFile(
  { volumeName, path, key, optional }: NonNullable<Plain<V1EnvVarSource>['fileKeyRef']>,
  volumes: ReadonlyMap<string, MountedVolume> | undefined,
): Promise<string | undefined> {
  const volume = volumes?.get(volumeName)?.path;
  if (volume === undefined) throw new Error(`fileKeyRef names the volume "${volumeName}", which the pod does not have`);
  const value = (await readEnvFile(volume, path))?.get(key);
  if (value === undefined && !optional)
    throw new Error(`environment variable key "${key}" not found in file "${path}" of volume "${volumeName}"`);
  return value;
}

function valueOf(
  files: Map<string, Buffer> | undefined,
  key: string,
  optional: boolean | undefined,
  missing: string,
): string | undefined {
  const value = files?.get(key)?.toString('utf8');
  if (value === undefined && !optional) throw new Error(missing);
  return value;
}
