import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, goTo, hoverAt, ROOT, test, useTheme } from './workbench';

/** Colour themes that the pictures are looked at in, and the class that the workbench then has. */
const THEMES = {
  light: { theme: 'Default Light Modern', kind: 'vs' },
  dark: { theme: 'Default Dark Modern', kind: 'vs-dark' },
  'high-contrast': { theme: 'Default High Contrast', kind: 'hc-black' },
};

test.use({ options: { development: ROOT } });

const KERAS = `import keras
from keras import layers

model = keras.Sequential([
    keras.Input(shape=(32, 32, 3)),
    layers.Conv2D(64, 3, padding='same', name='stem'),
    layers.BatchNormalization(),
    layers.Flatten(),
    layers.Dense(10),
])
`;

const TORCH = `import torch.nn as nn
from elsewhere import width


class Net(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.stem = nn.Conv2d(32, 64, 3, padding=1)
        self.blocks = nn.Sequential(*[nn.Linear(64, 64 * (i + 1)) for i in range(3)])
        self.odd = nn.Linear(width, classes)
`;

test.beforeAll(({ folder }) => {
  writeFileSync(path.join(folder, 'keras_model.py'), KERAS);
  writeFileSync(path.join(folder, 'net.py'), TORCH);
});

test('a layer of PyTorch says its parameters, bytes and output, and where it is', async ({
  page,
  bench: { screenshot },
}) => {
  const shown = await hoverAt(page, ['net.py', 8, 26], '3·3·32·64 + 64 = 18,496');
  await expect(shown).toContainText('74.0 kB float32 · 37.0 kB float16 · 18.5 kB int8');
  await expect(shown).toContainText('N×64×H×W');
  await expect(shown).toContainText('stem of Net');
  await screenshot('python-torch');
});

test('a layer that is made several times shows all of them', async ({ page, bench: { screenshot } }) => {
  const shown = await hoverAt(page, ['net.py', 9, 44], 'made 3 times');
  await expect(shown).toContainText('64·192 + 192 = 12,480');
  await expect(shown).toContainText('blocks.2');
  await screenshot('python-several');
});

test('what is not known is said, and why', async ({ page, bench: { screenshot } }) => {
  const shown = await hoverAt(page, ['net.py', 10, 24], 'in_features·10 + 10');
  await expect(shown).toContainText('in_features is not known');
  await screenshot('python-unknown');
});

test('a layer of Keras knows its input', async ({ page, bench: { screenshot } }) => {
  const shown = await hoverAt(page, ['keras_model.py', 6, 14], '3·3·3·64 + 64 = 1,792');
  await expect(shown).toContainText('N×32×32×64');
  await expect(shown).toContainText('stem of model');
  await screenshot('python-keras');
});

test('a line above a definition says what the module has, and follows what is typed', async ({
  page,
  bench: { screenshot },
}) => {
  await goTo(page, 'keras_model.py', 9, 19);
  const lens = page.locator('.codelens-decoration').filter({ hasText: 'parameters' }).first();
  await expect(lens).toContainText('657,418 parameters (657,290 trainable)');
  await screenshot('python-lens');
  await page.keyboard.type('0');
  await expect(lens).toContainText('6,555,748 parameters (6,555,620 trainable)');
  await page.keyboard.press('Backspace');
  await expect(lens).toContainText('657,418 parameters (657,290 trainable)');
});

test('the sample model is followed through its loops and helpers', async ({
  page,
  bench: { screenshot },
}) => {
  const shown = await hoverAt(page, ['shapes_mobilenetv2.train.py', 11, 17], 'made 52 times');
  await expect(shown).toContainText('features.0.0');
  await screenshot('python-sample');
});

for (const [name, { theme, kind }] of Object.entries(THEMES))
  test(`hovers and lines above definitions are readable in ${name}`, async ({
    page,
    folder,
    bench: { screenshot },
  }) => {
    await useTheme(page, folder, theme, kind);
    await hoverAt(page, ['net.py', 8, 26], 'arameters');
    await screenshot(`python-${name}`);
    await hoverAt(page, ['shapes_mobilenetv2.train.py', 11, 17], 'arameters');
    await screenshot(`python-sample-${name}`);
  });
