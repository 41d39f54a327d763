import { flowSchema } from '../api/flowcontrol-v1/flow-schema.ts';
import { priorityLevelConfiguration } from '../api/flowcontrol-v1/priority-level-configuration.ts';
import { AUTO_UPDATE, standardFlows, standardLevels } from '../api/flowcontrol-v1/standard.ts';
import { copyJson } from '../apimachinery/json-value.ts';
import type { Kind } from '../apimachinery/kind.ts';
import { ensure } from './bootstrap.ts';
import type { Registry } from './registry/registry.ts';

/** Creates the levels and flows by which requests share the server, all at once: nobody waits for their order. */
export async function createFlowControl(registry: Registry): Promise<void> {
  await Promise.all([
    ...createAll(registry, priorityLevelConfiguration, standardLevels),
    ...createAll(registry, flowSchema, standardFlows),
  ]);
}

function createAll(registry: Registry, kind: Kind<any>, specs: Readonly<Record<string, object>>): Promise<void>[] {
  return Object.entries(specs).map(([name, spec]) =>
    ensure(registry, kind, '', { metadata: { name, annotations: { ...AUTO_UPDATE } }, spec: copyJson(spec) }),
  );
}
