/** File name endings that the editor is registered for, as dialogs and patterns want them. */
export const MODEL_ENDINGS = ['onnx', 'tflite', 'mlmodel'];
