import { mkdtempSync } from 'node:fs';
import { run } from '/work/rounding/src/jobs/quantize';
import { PRESET_VALUES } from '/work/rounding/src/protocol/presets';
const [model, calib, valid, preset='half', recipe='int8-all', labels] = process.argv.slice(2);
const scratch = mkdtempSync('/tmp/q-');
const t=Date.now();
const out = await run({ model, output: `${scratch}/out.onnx`, recipe, calibration: calib==='-'?null:{path: calib, labels: null, labelOffset:0}, validation: valid && valid!=='-'?{path:valid, labels: labels??null, labelOffset:0}:null, preprocessing: PRESET_VALUES[preset], calibrationSamples: 100, seed:1, keep:[], activations:'uint8', measure: process.env.MEASURE==='1', force:false, threads:1, runs:10, dims:{}, shapes:{} } as any, { scratch, memory: `${scratch}/memory`, progress(){}, log:(l)=>console.log('  ',l)} as any);
const r:any=(out as any).report??out; console.log(JSON.stringify(r.accuracy), r.sizeBytes??'', (Date.now()-t)/1000,'s', Math.round(process.resourceUsage().maxRSS/1024),'MB');
console.log((r.warnings??[]).join('\n'));
