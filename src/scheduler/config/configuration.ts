import type { FieldError } from '../../apimachinery/field-error.ts';
import { argumentShapes, withArgumentDefaults, type PluginArguments } from './arguments.ts';
import { misfits, type Shape } from './shape.ts';
import { validateConfiguration } from './validate.ts';

/** The steps at which plugins take part, by their names in a configuration. */
export const extensionPoints = [
  ...(['preEnqueue', 'queueSort', 'preFilter', 'filter', 'postFilter', 'preScore', 'score'] as const),
  ...(['reserve', 'permit', 'preBind', 'bind', 'postBind'] as const),
] as const;

export type ExtensionPoint = (typeof extensionPoints)[number];

export interface PluginEntry {
  readonly name: string;
  readonly weight?: number;
}

/** What is added to the defaults of one step and what is taken away; the name `*` takes away all. */
export interface PluginSet {
  readonly enabled?: readonly PluginEntry[];
  readonly disabled?: readonly PluginEntry[];
}

export interface ProfileConfiguration {
  readonly schedulerName: string;
  /** Wins over that of the whole scheduler. 0: upstream's rule by the number of nodes. */
  readonly percentageOfNodesToScore?: number;
  readonly plugins: { readonly [point in ExtensionPoint | 'multiPoint']?: PluginSet };
  /** By the plugin's name; the plugins that have any are all here, with their defaults. */
  readonly arguments: PluginArguments;
}

export interface ExtenderConfiguration {
  /** Where it is, e.g. `https://extender.example.com:8443/scheduler`. */
  readonly urlPrefix: string;
  readonly filterVerb?: string;
  readonly preemptVerb?: string;
  readonly prioritizeVerb?: string;
  readonly bindVerb?: string;
  readonly weight?: number;
  readonly enableHTTPS?: boolean;
  readonly tlsConfig?: {
    readonly insecure?: boolean;
    readonly serverName?: string;
    readonly certFile?: string;
    readonly keyFile?: string;
    readonly caFile?: string;
    /** PEM in base64. */
    readonly certData?: string;
    readonly keyData?: string;
    readonly caData?: string;
  };
  /** Default 5 seconds. */
  readonly httpTimeout?: string;
  /** Whether it keeps nodes itself, so that names are enough. */
  readonly nodeCacheCapable?: boolean;
  readonly managedResources?: readonly { readonly name: string; readonly ignoredByScheduler?: boolean }[];
  /** Whether pods are scheduled without it when it fails. */
  readonly ignorable?: boolean;
}

/** A `KubeSchedulerConfiguration` with its defaults, checked. */
export interface SchedulerConfiguration {
  /** 0: upstream's rule by the number of nodes. */
  readonly percentageOfNodesToScore: number;
  readonly podInitialBackoffSeconds: number;
  readonly podMaxBackoffSeconds: number;
  readonly profiles: readonly ProfileConfiguration[];
  readonly extenders: readonly ExtenderConfiguration[];
  /** Remarks on what was said and has no effect here. */
  readonly warnings: readonly string[];
}

/** The file as it is written. */
export interface WrittenConfiguration {
  parallelism?: number;
  percentageOfNodesToScore?: number;
  podInitialBackoffSeconds?: number;
  podMaxBackoffSeconds?: number;
  profiles?: {
    schedulerName?: string;
    percentageOfNodesToScore?: number;
    plugins?: ProfileConfiguration['plugins'];
    pluginConfig?: { name?: string; args?: Record<string, unknown> }[];
  }[];
  extenders?: ExtenderConfiguration[];
}

const API_VERSION = 'kubescheduler.config.k8s.io/v1';
const entries: Shape = { list: { fields: { name: 'string', weight: 'integer' } } };
const set: Shape = { fields: { enabled: entries, disabled: entries } };
const text = (...names: string[]) => Object.fromEntries(names.map((name) => [name, 'string' as const]));

const extender: Shape = {
  fields: {
    ...text('urlPrefix', 'filterVerb', 'preemptVerb', 'prioritizeVerb', 'bindVerb'),
    weight: 'integer',
    enableHTTPS: 'boolean',
    tlsConfig: {
      fields: {
        insecure: 'boolean',
        ...text('serverName', 'certFile', 'keyFile', 'caFile', 'certData', 'keyData', 'caData'),
      },
    },
    httpTimeout: 'duration',
    nodeCacheCapable: 'boolean',
    managedResources: { list: { fields: { name: 'string', ignoredByScheduler: 'boolean' } } },
    ignorable: 'boolean',
  },
};

/** Fields of upstream's process that this one has other means for, or none. */
const elsewhere: Readonly<Record<string, Shape>> = {
  leaderElection: {
    fields: {
      leaderElect: 'boolean',
      leaseDuration: 'duration',
      renewDeadline: 'duration',
      retryPeriod: 'duration',
      ...text('resourceLock', 'resourceName', 'resourceNamespace'),
    },
  },
  clientConnection: {
    fields: { ...text('kubeconfig', 'acceptContentTypes', 'contentType'), qps: 'anything', burst: 'integer' },
  },
  enableProfiling: 'boolean',
  enableContentionProfiling: 'boolean',
  delayCacheUntilActive: 'boolean',
  parallelism: 'integer',
};

const shape: Shape = {
  fields: {
    ...text('apiVersion', 'kind'),
    ...elsewhere,
    percentageOfNodesToScore: 'integer',
    podInitialBackoffSeconds: 'integer',
    podMaxBackoffSeconds: 'integer',
    profiles: {
      list: {
        fields: {
          schedulerName: 'string',
          percentageOfNodesToScore: 'integer',
          plugins: { fields: Object.fromEntries([...extensionPoints, 'multiPoint'].map((point) => [point, set])) },
          pluginConfig: { list: { fields: { name: 'string', args: 'anything' } } },
        },
      },
    },
    extenders: { list: extender },
  },
};

/**
 * Reads a `KubeSchedulerConfiguration` (`kubescheduler.config.k8s.io/v1`), strictly, and fills in the defaults.
 * @throws Error that names everything that is wrong with it
 */
export function readConfiguration(value: unknown): SchedulerConfiguration {
  const written = typed(value);
  const { unknown, errors } = misfits(written, shape);
  refuse(
    unknown.map((field) => `unknown field "${field}"`),
    'strict decoding error: ',
  );
  refuseErrors(errors);
  const args = argumentMisfits(written);
  refuse(
    args.unknown.map((field) => `unknown field "${field}"`),
    'strict decoding error: ',
  );
  refuseErrors(args.errors);
  refuseErrors(validateConfiguration(written));
  return completed(written);
}

function typed(value: unknown): WrittenConfiguration & Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('the scheduler configuration must be an object of kind KubeSchedulerConfiguration');
  }
  const { apiVersion = '', kind = '' } = value as { apiVersion?: unknown; kind?: unknown };
  if (apiVersion !== API_VERSION || kind !== 'KubeSchedulerConfiguration') {
    const is = JSON.stringify({ apiVersion, kind });
    throw new Error(`no kind is registered for ${is}: use KubeSchedulerConfiguration of ${API_VERSION}`);
  }
  return value as WrittenConfiguration & Record<string, unknown>;
}

/** Arguments are objects of kinds of their own, found by the plugin's name. */
function argumentMisfits({ profiles }: WrittenConfiguration): { unknown: string[]; errors: FieldError[] } {
  const all = { unknown: [] as string[], errors: [] as FieldError[] };
  (profiles ?? []).forEach(({ pluginConfig }, i) => {
    (pluginConfig ?? []).forEach(({ name = '', args }, j) => {
      const of = Object.hasOwn(argumentShapes, name) ? argumentShapes[name] : undefined;
      if (!of) return; // named as unknown by the validation
      const at = `profiles[${i}].pluginConfig[${j}].args`;
      const { unknown, errors } = misfits(args, of);
      all.unknown.push(...unknown.map((field) => `${at}.${field}`));
      all.errors.push(...errors.map((error) => ({ ...error, field: `${at}.${error.field}` })));
    });
  });
  return all;
}

function refuseErrors(errors: readonly FieldError[]): void {
  refuse(errors.map(({ field, message }) => `${field}: ${message}`));
}

function refuse(errors: readonly string[], prefix = ''): void {
  if (errors.length === 0) return;
  throw new Error(prefix + (errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`));
}

export const defaultSchedulerName = 'default-scheduler';

function completed(written: WrittenConfiguration & Record<string, unknown>): SchedulerConfiguration {
  const profiles = written.profiles?.length ? written.profiles : [{}];
  const without = Object.keys(elsewhere).filter((field) => written[field] !== undefined && written[field] !== null);
  return {
    percentageOfNodesToScore: written.percentageOfNodesToScore ?? 0,
    podInitialBackoffSeconds: written.podInitialBackoffSeconds ?? 1,
    podMaxBackoffSeconds: written.podMaxBackoffSeconds ?? 10,
    profiles: profiles.map((profile) => ({
      // One profile alone may leave out its name.
      schedulerName: profile.schedulerName ?? defaultSchedulerName,
      ...(profile.percentageOfNodesToScore !== undefined && {
        percentageOfNodesToScore: profile.percentageOfNodesToScore,
      }),
      plugins: profile.plugins ?? {},
      arguments: withArgumentDefaults(profile.pluginConfig ?? []),
    })),
    extenders: written.extenders ?? [],
    warnings: without.map((field) => `${field} has no effect: the scheduler runs in the process of the control plane`),
  };
}

/** What holds without a configuration. */
export function defaultConfiguration(): SchedulerConfiguration {
  return completed({});
}
