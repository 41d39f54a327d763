import { kubernetesFunctions } from '../../apimachinery/cel-kubernetes.ts';
import { QuantityValue } from '../../apimachinery/cel-quantity.ts';
import { VersionValue } from '../../apimachinery/cel-semver.ts';
import { parseQuantity } from '../../apimachinery/quantity.ts';
import { parseVersion } from '../../apimachinery/semver.ts';
import { CelError, compile, type Key, type Program, type Value } from '../../cel/index.ts';
import type { Device } from './device.ts';

/** What a `DeviceSelector` may say. */
export interface Selector {
  readonly cel?: { readonly expression: string } | undefined;
}

/** Upstream's limit of the cost of an expression for one device, as steps of ours. */
const BUDGET = 100_000;
const REMEMBERED = 1000;

const programs = new Map<string, Program>();

/**
 * Whether all selectors want the device. `whose` names who says so in errors: `class gpu`, `claim default/one`.
 * @throws Error that says what is wrong with a selector
 */
export function selected(device: Device, selectors: readonly Selector[] = [], whose: string): boolean {
  return selectors.every(({ cel }, i) => {
    const which = `${whose}: selector #${i}`;
    if (!cel) throw new Error(`${which}: unsupported selector type`);
    const program = named(`${which}: CEL compile error`, () => programOf(cel.expression));
    return named(`${which}: CEL runtime error`, () => asBool(program({ device: variable(device) })));
  });
}

/** Says in an error of the language what was being done. */
function named<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof CelError) throw new Error(`${what}: ${error.message}`, { cause: error });
    throw error;
  }
}

function programOf(expression: string): Program {
  let program = programs.get(expression);
  if (program) return program;
  program = compile(expression, { variables: ['device'], functions: kubernetesFunctions, budget: BUDGET });
  if (programs.size >= REMEMBERED) programs.clear();
  programs.set(expression, program);
  return program;
}

function asBool(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  throw new CelError('must evaluate to bool');
}

const variables = new WeakMap<Device['definition'], Value>();

/** The device as expressions see it; made once. */
function variable({ driver, definition }: Device): Value {
  let value = variables.get(definition);
  if (!value) {
    value = new Map<Key, Value>([
      ['driver', driver],
      ['attributes', byDomain(driver, definition.attributes, attributeValue)],
      ['capacity', byDomain(driver, definition.capacity, capacityValue)],
      ['allowMultipleAllocations', definition.allowMultipleAllocations ?? false],
    ]);
    variables.set(definition, value);
  }
  return value;
}

/** A map of maps, of which asking for a domain that is not there gives an empty one. */
class Domains extends Map<Key, Value> {
  override get(domain: Key): Value {
    return super.get(domain) ?? new Map<Key, Value>();
  }
}

/** Names without a domain have the driver's. */
function byDomain<T>(driver: string, values: Readonly<Record<string, T>> = {}, valueOf: (value: T) => Value): Value {
  const domains = new Map<string, Map<Key, Value>>();
  for (const [name, value] of Object.entries(values)) {
    const { domain, id } = qualified(name, driver);
    const of = domains.get(domain) ?? new Map<Key, Value>();
    domains.set(domain, of.set(id, valueOf(value)));
  }
  return new Domains(domains);
}

function qualified(name: string, driver: string): { domain: string; id: string } {
  const slash = name.indexOf('/');
  return slash < 0 ? { domain: driver, id: name } : { domain: name.slice(0, slash), id: name.slice(slash + 1) };
}

type Attribute = NonNullable<Device['definition']['attributes']>[string];

function attributeValue(attribute: Attribute): Value {
  const { bool, bools, int, ints, string, strings, version, versions } = attribute;
  const lists = bools ?? ints?.map(BigInt) ?? strings ?? versions?.map(versionValue);
  if (lists) return lists;
  if (bool !== undefined) return bool;
  if (int !== undefined) return BigInt(int);
  if (version !== undefined) return versionValue(version);
  return string ?? null;
}

function versionValue(text: string): Value {
  const version = parseVersion(text);
  if (!version) throw new CelError(`parse semver: ${text}`);
  return new VersionValue(version);
}

function capacityValue({ value }: { value: string }): Value {
  return new QuantityValue(parseQuantity(value));
}

/** An attribute as constraints compare it: undefined where the device has none of the (full) name. */
export function attributeText({ driver, definition }: Device, name: string): string | undefined {
  const { domain, id } = qualified(name, driver);
  const found = definition.attributes?.[name] ?? (domain === driver ? definition.attributes?.[id] : undefined);
  return found && JSON.stringify(found);
}
