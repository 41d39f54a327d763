import { flowSchema, type FlowSchema } from '../api/flowcontrol-v1/flow-schema.ts';
import { priorityLevelConfiguration } from '../api/flowcontrol-v1/priority-level-configuration.ts';
import { AUTO_UPDATE, MANDATORY, standardFlows, standardLevels } from '../api/flowcontrol-v1/standard.ts';
import { copyJson, equalJson } from '../apimachinery/json-value.ts';
import type { Kind } from '../apimachinery/kind.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import { formatTime } from '../apimachinery/time.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import { asServer, ensure } from './bootstrap.ts';
import { kindPrefix, type Registry, type WriteOptions } from './registry/registry.ts';
import { update, type UpdateRequest } from './registry/update.ts';
import type { UpkeepTask } from './upkeep.ts';

type Specs = Readonly<Record<string, object>>;
type Stored = ReadonlyMap<string, KubeObject>;

const flowStatus = flowSchema.subresources.find(({ name }) => name === 'status')!;
/** Whom `managedFields` names for the conditions. */
const asConsumer: WriteOptions = { ...asServer, fieldManager: 'api-priority-and-fairness-config-consumer-v1' };

/**
 * Keeps the levels and flows by which requests share the server: those that every cluster has are made again when they
 * are gone and follow the server's, and each flow says whether its level is there.
 */
export function flowControlUpkeep(registry: Registry): UpkeepTask {
  const run = async () => {
    const [levels, flows] = await Promise.all([
      stored(registry, priorityLevelConfiguration),
      stored(registry, flowSchema),
    ]);
    await Promise.all([
      ...keepAll(registry, priorityLevelConfiguration, standardLevels, levels),
      ...keepAll(registry, flowSchema, standardFlows, flows),
    ]);
    const all = flows.size === 0 ? await stored(registry, flowSchema) : flows; // the first time they are all new
    await Promise.all([...all.values()].map((flow) => tellDangling(registry, flow as FlowSchema, levels)));
  };
  return { name: 'flow control', prefix: `/registry/${flowSchema.group}/`, run };
}

async function stored(registry: Registry, kind: Kind<any>): Promise<Stored> {
  const { entries } = await registry.storage.list(kindPrefix(kind));
  return new Map(entries.map(({ object }) => [object.metadata.name, object]));
}

/** All at once: nobody waits for their order. */
function keepAll(registry: Registry, kind: Kind<any>, specs: Specs, current: Stored): Promise<void>[] {
  return Object.entries(specs).map(async ([name, spec]) => {
    const object = current.get(name);
    const metadata = { name, annotations: { ...AUTO_UPDATE } };
    if (!object) return ensure(registry, kind, '', { metadata, spec: copyJson(spec) });
    if (!follows(object) || equalJson((object as { spec?: object }).spec ?? {}, spec)) return;
    await change(registry, { kind, name, options: asServer }, (o) => ({ ...o, spec: copyJson(spec) }));
  });
}

/** Whether the object's spec is the server's to write: of most only as long as they say so. */
function follows({ metadata }: KubeObject): boolean {
  const [[name, value]] = Object.entries(AUTO_UPDATE) as [[string, string]];
  return MANDATORY.includes(metadata.name) || metadata.annotations?.[name] === value;
}

/** Says in the flow's status whether the level that it names is missing. */
async function tellDangling(registry: Registry, flow: FlowSchema, levels: Stored): Promise<void> {
  const level = flow.spec?.priorityLevelConfiguration?.name ?? '';
  const isThere = levels.has(level) || Object.hasOwn(standardLevels, level);
  const condition = danglingCondition(level, isThere);
  const was = flow.status?.conditions?.find(({ type }) => type === condition.type);
  if (was?.status === condition.status && was.reason === condition.reason && was.message === condition.message) return;
  const time = was?.status === condition.status ? was.lastTransitionTime : undefined;
  const next = { ...condition, lastTransitionTime: time ?? formatTime(registry.clock.now()) };
  const what = {
    kind: flowSchema as Kind<any>,
    name: flow.metadata.name,
    options: asConsumer,
    subresource: flowStatus,
  };
  await change(registry, what, (current) => {
    const { status } = current as unknown as FlowSchema;
    const others = (status?.conditions ?? []).filter(({ type }) => type !== condition.type);
    return { ...current, status: { ...status, conditions: [...others, next] } };
  });
}

function danglingCondition(level: string, isThere: boolean) {
  const about = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`;
  return isThere
    ? { type: 'Dangling', status: 'False', reason: 'Found', message: `${about} and it exists` }
    : { type: 'Dangling', status: 'True', reason: 'NotFound', message: `${about} but there is no such object` };
}

/** Somebody may delete the object meanwhile: then it is looked at again. */
async function change(
  registry: Registry,
  what: Pick<UpdateRequest, 'kind' | 'name' | 'options' | 'subresource'>,
  produce: UpdateRequest['produce'],
): Promise<void> {
  try {
    await update(registry, { ...what, namespace: '', produce });
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}
