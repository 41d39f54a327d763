import { defineKind, type Conversion, type Kind, type StrategyContext, type Subresource } from './kind.ts';
import { apiVersionOf, type KubeObject } from './object.ts';

/** What differs between a version and the one that is stored. */
export interface VersionDeclaration<T extends KubeObject> {
  readonly version: string;
  /** Default: only `apiVersion` differs. */
  readonly conversion?: Conversion<T>;
  /** Default: the stored version's with the version in it replaced. */
  readonly definition?: string;
  readonly deprecation?: string;
}

/**
 * The same kind in another version: all rules are those of the stored version, reached through the conversion. That is
 * also why errors name the fields of the stored version.
 */
export function otherVersion<T extends KubeObject, S extends KubeObject>(
  stored: Kind<S>,
  { version, conversion: given, definition, deprecation }: VersionDeclaration<T>,
): Kind<T> {
  const apiVersion = apiVersionOf({ group: stored.group, version });
  const conversion = given ?? (renaming(apiVersionOf(stored), apiVersion) as Conversion<T>);
  const up = (object: T) => conversion.toStored(object) as S;
  return defineKind<T>({
    ...(stored as unknown as Kind<T>),
    version,
    definition: definition ?? stored.definition.replace(`.${stored.version}.`, `.${version}.`),
    ...(deprecation && { deprecation }),
    storedAs: stored.storedAs ?? { group: stored.group, plural: stored.plural },
    conversion,
    columns: stored.columns.map((column) => ({ ...column, value: (o: T, now: number) => column.value(up(o), now) })),
    selectableFields: Object.fromEntries(
      Object.entries(stored.selectableFields).map(([field, read]) => [field, (o: T) => read(up(o))]),
    ),
    subresources: stored.subresources.map((subresource) => throughConversion(subresource, conversion, up)),
    ...rules(stored, conversion, up),
  });
}

/** The rules that `stored` has, on objects of the other version. */
function rules<T extends KubeObject, S extends KubeObject>(
  stored: Kind<S>,
  conversion: Conversion<T>,
  up: (object: T) => S,
): Partial<Kind<T>> {
  const inPlace = (object: T, change: (object: S) => void) => {
    const changed = up(object);
    change(changed);
    replace(object, conversion.fromStored(changed));
  };
  return only(stored, {
    setDefaults: (o: T) => inPlace(o, (s) => stored.setDefaults!(s)),
    validate: (o: T, old?: T) => stored.validate!(up(o), old && up(old)),
    validateUpdate: (o: T, old: T) => stored.validateUpdate!(up(o), up(old)),
    warnings: (o: T, old?: T) => stored.warnings!(up(o), old && up(old)),
    prepareForCreate: (o: T, context: StrategyContext) => inPlace(o, (s) => stored.prepareForCreate!(s, context)),
    prepareForUpdate: (o: T, old: T, context: StrategyContext) =>
      inPlace(o, (s) => stored.prepareForUpdate!(s, up(old), context)),
  });
}

function throughConversion<T extends KubeObject, S extends KubeObject>(
  subresource: Subresource<S>,
  conversion: Conversion<T>,
  up: (object: T) => S,
): Subresource<T> {
  // A body of a kind of its own (Scale) is the same in all versions; else it is the parent, in its version.
  const body = (sent: any) => (subresource.kind ? sent : up(sent));
  return {
    ...(subresource as unknown as Subresource<T>),
    ...only(subresource, {
      get: (parent: T) => subresource.get!(up(parent)),
      set: (parent: T, sent: any, context?: StrategyContext) =>
        conversion.fromStored(subresource.set!(up(parent), body(sent), context)),
      validate: (updated: T, old: T) => subresource.validate!(up(updated), up(old)),
    }),
  };
}

/** Of `functions` those that `original` has too. */
function only<F extends object>(original: object, functions: F): Partial<F> {
  const has = (name: string) => (original as Record<string, unknown>)[name] !== undefined;
  return Object.fromEntries(Object.entries(functions).filter(([name]) => has(name))) as Partial<F>;
}

function renaming(stored: string, apiVersion: string): Conversion {
  return {
    toStored: (object) => ({ ...object, apiVersion: stored }),
    fromStored: (object) => ({ ...object, apiVersion }),
  };
}

/** Gives `object` the fields of `next`, and no others. */
function replace(object: object, next: object): void {
  for (const key of Object.keys(object)) if (!Object.hasOwn(next, key)) delete (object as Record<string, unknown>)[key];
  Object.assign(object, next);
}
