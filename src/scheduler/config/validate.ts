import { duplicate, forbidden, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { qualifiedName } from '../../apimachinery/names.ts';
import type { ExtenderConfiguration, WrittenConfiguration } from './configuration.ts';
import { argumentShapes } from './arguments.ts';
import { validateArguments } from './validate-arguments.ts';

type WrittenProfile = NonNullable<WrittenConfiguration['profiles']>[number];

/** What is wrong with a configuration whose fields have the right types, in upstream's words where it has some. */
export function validateConfiguration(config: WrittenConfiguration): FieldError[] {
  const { profiles = [], extenders = [], parallelism, percentageOfNodesToScore } = config;
  return [
    ...(parallelism !== undefined && parallelism <= 0
      ? [invalid('parallelism', parallelism, 'should be an integer value greater than zero')]
      : []),
    ...profiles.flatMap((profile, i) => validateProfile(profile, i, profiles)),
    ...validateQueueSort(profiles),
    ...percentage('percentageOfNodesToScore', percentageOfNodesToScore),
    ...validateBackoff(config),
    ...extenders.flatMap((extender, i) => validateExtender(extender, path('extenders', i))),
    ...validateExtenders(extenders),
  ];
}

function percentage(field: string, value: number | undefined): FieldError[] {
  if (value === undefined || (value >= 0 && value <= 100)) return [];
  return [invalid(field, value, 'not in valid range [0-100]')];
}

function validateBackoff({
  podInitialBackoffSeconds: first = 1,
  podMaxBackoffSeconds: most = 10,
}: WrittenConfiguration) {
  return [
    ...(first <= 0 ? [invalid('podInitialBackoffSeconds', first, 'must be greater than 0')] : []),
    ...(most < first
      ? [invalid('podMaxBackoffSeconds', most, 'must be greater than or equal to PodInitialBackoffSeconds')]
      : []),
  ];
}

function validateProfile(profile: WrittenProfile, i: number, all: readonly WrittenProfile[]): FieldError[] {
  const at = path('profiles', i);
  const field = path(at, 'schedulerName');
  const name = profile.schedulerName ?? '';
  const first = all.findIndex((other) => other.schedulerName === name);
  const unnamed = name === '' && (all.length > 1 || profile.schedulerName === '');
  return [
    ...(unnamed ? [required(field)] : []),
    ...(name !== '' && first < i ? [duplicate(field, path('profiles', first, 'schedulerName'))] : []),
    ...percentage(path(at, 'percentageOfNodesToScore'), profile.percentageOfNodesToScore),
    ...validatePluginConfig(profile.pluginConfig ?? [], path(at, 'pluginConfig')),
  ];
}

function validatePluginConfig(list: NonNullable<WrittenProfile['pluginConfig']>, field: string): FieldError[] {
  const seen = new Set<string>();
  return list.flatMap(({ name = '', args }, i) => {
    const at = path(field, i);
    const twice = seen.has(name);
    seen.add(name);
    if (!name) return [required(path(at, 'name'))];
    if (twice) return [duplicate(at, name)];
    if (!Object.hasOwn(argumentShapes, name)) {
      return [invalid(path(at, 'name'), name, 'there is no plugin of this name that takes arguments')];
    }
    return [...validateArgumentKind(name, args ?? {}, at), ...validateArguments(name, args ?? {}, path(at, 'args'))];
  });
}

function validateArgumentKind(name: string, { apiVersion, kind }: Record<string, unknown>, at: string): FieldError[] {
  const version = 'kubescheduler.config.k8s.io/v1';
  return [
    ...(apiVersion !== undefined && apiVersion !== version
      ? [invalid(path(at, 'args.apiVersion'), apiVersion, `must be ${version}`)]
      : []),
    ...(kind !== undefined && kind !== `${name}Args`
      ? [invalid(path(at, 'args.kind'), kind, `must be ${name}Args for the plugin ${name}`)]
      : []),
  ];
}

/** All pods wait in one queue, so all profiles must agree on its order. */
function validateQueueSort(profiles: readonly WrittenProfile[]): FieldError[] {
  const written = (profile: WrittenProfile) => JSON.stringify(profile.plugins?.queueSort ?? {});
  return profiles.flatMap((profile, i) =>
    written(profile) === written(profiles[0]!)
      ? []
      : [
          invalid(
            path('profiles', i, 'plugins.queueSort'),
            profile.plugins?.queueSort,
            'has to match for all profiles',
          ),
        ],
  );
}

function validateExtender(extender: ExtenderConfiguration, at: string): FieldError[] {
  const { prioritizeVerb, weight = 0 } = extender;
  const urlPrefix = extender.urlPrefix ?? '';
  return [
    ...(/^https?:\/\/[^/\s]+(\/\S*)?$/.test(urlPrefix)
      ? []
      : [invalid(path(at, 'urlPrefix'), urlPrefix, 'must be a URL')]),
    ...(prioritizeVerb && weight <= 0
      ? [invalid(path(at, 'weight'), weight, 'must have a positive weight applied to it')]
      : []),
    ...validateManaged(extender, path(at, 'managedResources')),
    ...validateTls(extender, path(at, 'tlsConfig')),
  ];
}

function validateManaged({ managedResources = [] }: ExtenderConfiguration, field: string): FieldError[] {
  return managedResources.flatMap(({ name }, i) => {
    const at = path(field, i, 'name');
    const isExtended = /^[^/]+\/[^/]+$/.test(name) && !/^(requests\.|.*kubernetes\.io\/)/.test(name);
    return isExtended && qualifiedName(name).length === 0
      ? []
      : [invalid(at, name, `${name} is an invalid extended resource name`)];
  });
}

function validateTls({ tlsConfig }: ExtenderConfiguration, field: string): FieldError[] {
  if (!tlsConfig) return [];
  const certificate = Boolean(tlsConfig.certFile || tlsConfig.certData);
  const key = Boolean(tlsConfig.keyFile || tlsConfig.keyData);
  const authority = Boolean(tlsConfig.caFile || tlsConfig.caData);
  return [
    ...(certificate === key ? [] : [forbidden(field, 'a certificate and its key must both be given')]),
    ...(authority && tlsConfig.insecure
      ? [forbidden(field, 'specifying a root certificates file with the insecure flag is not allowed')]
      : []),
  ];
}

function validateExtenders(extenders: readonly ExtenderConfiguration[]): FieldError[] {
  const binders = extenders.filter((extender) => extender.bindVerb).length;
  if (binders > 1) {
    return [
      invalid('extenders', `found ${binders} extenders implementing bind`, 'only one extender can implement bind'),
    ];
  }
  const names = extenders.flatMap(({ managedResources }) => managedResources ?? []).map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return [];
  return [invalid('extenders', twice, 'duplicate extender managed resource name')];
}
