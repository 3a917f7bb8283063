// What is linked into LiteRT's library and into the WebAssembly builds of LiteRT and TensorFlow Lite, of which their
// packages carry no notices.

const BSD_CONDITIONS = `Redistribution and use in source and binary forms, with or without
modification, are permitted provided that the following conditions are met:

* Redistributions of source code must retain the above copyright notice, this
  list of conditions and the following disclaimer.

* Redistributions in binary form must reproduce the above copyright notice,
  this list of conditions and the following disclaimer in the documentation
  and/or other materials provided with the distribution.
`;

const BSD_DISCLAIMER = `THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS"
AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
`;

const BSD_2 = `${BSD_CONDITIONS}\n${BSD_DISCLAIMER}`;

const BSD_3 = `${BSD_CONDITIONS}
* Neither the name Facebook nor the names of its contributors may be used to
  endorse or promote products derived from this software without specific
  prior written permission.

${BSD_DISCLAIMER}`;

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
`;

const APACHE = 'The licence stands at the end of this file.\n';

const MPL = `Its source is available at the address above, unchanged. It is subject to the
terms of the Mozilla Public License, v. 2.0: https://mozilla.org/MPL/2.0/
`;

/** Name, licence, where it comes from, and what its licence asks to be said. */
export const LINKED = [
  [
    'LiteRT (Python package ai-edge-litert)',
    'Apache-2.0',
    'https://github.com/google-ai-edge/LiteRT',
    `Copyright Google LLC\n\n${APACHE}`,
  ],
  [
    'TensorFlow Lite',
    'Apache-2.0',
    'https://github.com/tensorflow/tensorflow',
    `Copyright The TensorFlow Authors\n\n${APACHE}`,
  ],
  [
    'XNNPACK',
    'BSD-3-Clause',
    'https://github.com/google/XNNPACK',
    `Copyright (c) Facebook, Inc. and its affiliates. All rights reserved.\nCopyright 2019 Google LLC\n\n${BSD_3}`,
  ],
  [
    'pthreadpool',
    'BSD-2-Clause',
    'https://github.com/google/pthreadpool',
    `Copyright (c) 2017 Facebook Inc.\nCopyright (c) 2015-2017 Georgia Institute of Technology\nAll rights reserved.\n\n${BSD_2}`,
  ],
  [
    'cpuinfo',
    'BSD-2-Clause',
    'https://github.com/pytorch/cpuinfo',
    `Copyright (c) 2019 Google LLC\nCopyright (c) 2017-2018 Facebook Inc.\nCopyright (C) 2012-2017 Georgia Institute of Technology\nCopyright (C) 2010-2012 Marat Dukhan\nAll rights reserved.\n\n${BSD_2}`,
  ],
  [
    'FP16',
    'MIT',
    'https://github.com/Maratyszcza/FP16',
    `Copyright (c) 2017 Facebook Inc.\nCopyright (c) 2017 Georgia Institute of Technology\n\n${MIT}`,
  ],
  ['Eigen', 'MPL-2.0', 'https://gitlab.com/libeigen/eigen', MPL],
  ['Abseil', 'Apache-2.0', 'https://github.com/abseil/abseil-cpp', `Copyright Google LLC\n\n${APACHE}`],
  [
    'FlatBuffers',
    'Apache-2.0',
    'https://github.com/google/flatbuffers',
    `Copyright Google Inc.\n\n${APACHE}`,
  ],
  ['ruy', 'Apache-2.0', 'https://github.com/google/ruy', `Copyright Google LLC\n\n${APACHE}`],
  [
    'gemmlowp',
    'Apache-2.0',
    'https://github.com/google/gemmlowp',
    `Copyright The Gemmlowp Authors\n\n${APACHE}`,
  ],
  ['FarmHash', 'MIT', 'https://github.com/google/farmhash', `Copyright (c) 2014 Google, Inc.\n\n${MIT}`],
  [
    'KleidiAI (on ARM)',
    'Apache-2.0',
    'https://github.com/ARM-software/kleidiai',
    `Copyright Arm Limited and/or its affiliates\n\n${APACHE}`,
  ],
].map(([name, licence, where, text]) => `${name}\nLicence: ${licence}\n${where}\n\n${text}`);
