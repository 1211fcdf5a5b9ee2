import type { Adapter, PeftAdapter, PeftImport } from '../../contracts/adapter.ts';
import { createPolicy } from '../../training/policy.ts';
import type { AdapterSubject } from '../adapterSubject.ts';
import type { Behaviour } from '../behaviour.ts';
import { nonconformity } from '../behaviour.ts';
import { differenceInWords } from '../difference.ts';
import { guardAdapter } from '../guardAdapter.ts';
import { preparedAdapter } from '../preparedAdapter.ts';

const tolerance = 2e-5;

/** To PEFT's names and back, by whichever adapter reads it. */
export const survivesPeft: Behaviour<AdapterSubject> = {
  name: 'means the same model after it was written for PEFT and read again',
  judge: async (subject) => {
    const { adapter, plugin, base } = subject;
    const [policy, values] = [subject.policy(), subject.values()];
    const stored = policy.parameters.map((parameter) => ({
      ...parameter,
      values: values.get(parameter.name) ?? parameter.values,
    }));
    const peft = adapter.toPeft(subject.config(), stored, 'a-base');
    if (peft === undefined) return;
    const written = checkedFiles(subject, peft);
    const { reader, read } = readAgain(subject, written);
    const again = createPolicy(base, guardAdapter(preparedAdapter(reader)), read.config, 99);
    const names = new Set(again.parameters.map(({ name }) => name));
    const foreign = [...read.parameters.keys()].find((name) => !names.has(name));
    if (foreign !== undefined)
      throw nonconformity(
        { plugin, method: 'fromPeft' },
        `"${reader.id}" reads a parameter "${foreign}", which its configuration does not have`,
      );
    const restored = new Map(
      again.parameters.map(({ name, values: own }) => [name, read.parameters.get(name)?.values ?? own]),
    );
    const [after, before] = [await subject.merged(again, restored), await subject.merged(policy, values)];
    for (const [name, weights] of before) {
      const problem = differenceInWords(after.get(name) ?? [], weights, tolerance);
      if (problem === undefined) continue;
      const place = { plugin, method: 'toPeft', layer: name.replace(/\.(weight|bias)$/, '') };
      throw nonconformity(place, `read again by "${reader.id}", ${name} is another one: ${problem}`);
    }
  },
};

function checkedFiles({ plugin }: AdapterSubject, peft: PeftAdapter): PeftAdapter {
  for (const [name, { shape, values }] of peft.tensors) {
    const place = { plugin, method: 'toPeft' };
    if (!name.startsWith('base_model.'))
      throw nonconformity(place, `the tensor "${name}" does not begin with "base_model."`);
    const count = shape.reduce((product, size) => product * size, 1);
    if (values.length !== count)
      throw nonconformity(place, `the tensor "${name}" of shape [${shape.join(', ')}] has ${values.length} values`);
  }
  return { ...peft, config: JSON.parse(JSON.stringify(peft.config)) as PeftAdapter['config'] };
}

function readAgain(
  { surroundings, original, plugin }: AdapterSubject,
  written: PeftAdapter,
): { reader: Adapter; read: PeftImport<unknown> } {
  const reasons: string[] = [];
  for (const reader of [original, ...surroundings.readers]) {
    const read = guardAdapter(reader).fromPeft(written);
    if (!('refused' in read)) return { reader, read };
    reasons.push(`"${reader.id}": ${read.refused}`);
  }
  throw nonconformity(
    { plugin, method: 'fromPeft' },
    `no adapter reads what toPeft gave. ${[...new Set(reasons)].join('; ')}`,
  );
}

/** W + s B A, where the adapter says so. */
export const hasExactLoraForm: Behaviour<AdapterSubject> = {
  name: 'is the plain LoRA that it says it is',
  judge: async (subject) => {
    const { adapter, base, plugin } = subject;
    if (adapter.loraForm === undefined) return;
    const [policy, values] = [subject.policy(), subject.values()];
    const merged = await subject.merged(policy, values);
    for (const layer of policy.targets.values()) {
      const name = `${layer.name}.weight`;
      const weight = base.weights.get(name)?.data ?? new Float32Array();
      const find = (own: string): { shape: readonly number[]; values: Float32Array } => {
        const parameter = policy.parameters.find((spec) => spec.name === own || spec.name === `${layer.name}.${own}`);
        if (parameter === undefined)
          throw nonconformity(
            { plugin, method: 'loraForm', layer: layer.name },
            `it asks for "${own}", which is not declared`,
          );
        return { shape: parameter.shape, values: values.get(parameter.name) ?? parameter.values };
      };
      const form = adapter.loraForm({
        layer,
        options: policy.plan.layers.get(layer.name),
        base: weight,
        parameter: find,
      });
      if (form === undefined) continue;
      const [rank = 0, inputs = 0] = form.a.shape;
      const expected = weight.map((value, at) => {
        const [row, column] = [Math.floor(at / inputs), at % inputs];
        let sum = 0;
        for (let k = 0; k < rank; k++)
          sum += (form.b.values[row * rank + k] ?? NaN) * (form.a.values[k * inputs + column] ?? NaN);
        return value + form.scaling * sum;
      });
      const problem = differenceInWords(merged.get(name) ?? [], expected, tolerance);
      if (problem !== undefined)
        throw nonconformity(
          { plugin, method: 'loraForm', layer: layer.name },
          `W + s B A is not the merged weight: ${problem}`,
        );
    }
  },
};
