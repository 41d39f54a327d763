import { errorMessage } from '../base/log.ts';
import { parseYaml } from '../apiserver/handlers/yaml.ts';
import { checkPluginNames } from '../scheduler/config/profiles.ts';
import { pluginFactories } from '../scheduler/plugins/index.ts';
import { readConfiguration, type SchedulerConfiguration } from '../scheduler/config/configuration.ts';

/**
 * Reads a `KubeSchedulerConfiguration`: an object, or the text of one in YAML or JSON.
 * @throws Error that says what is wrong with it
 */
export function schedulerConfiguration(written: object | string): SchedulerConfiguration {
  const configuration = readConfiguration(typeof written === 'string' ? parsed(written) : written);
  checkPluginNames(configuration, pluginFactories);
  return configuration;
}

function parsed(text: string): unknown {
  const { json, doubled } = yamlOf(text);
  if (doubled.length > 0) throw new Error(`strict decoding error: ${doubled.join(', ')}`);
  return JSON.parse(json);
}

/** The parser's errors go on with the text around the place; one sentence is enough. */
function yamlOf(text: string): ReturnType<typeof parseYaml> {
  try {
    return parseYaml(text);
  } catch (error) {
    throw new Error(errorMessage(error).split('\n')[0]!.replace(/:$/, ''), { cause: error });
  }
}
