// Pyodide in a worker: the page stays responsive while skfnn trains.
/* global importScripts, loadPyodide */
let call = null;

async function load({ pyodide, site }) {
  importScripts(`${pyodide}pyodide.js`);
  const python = await loadPyodide({ indexURL: pyodide });
  postMessage({ progress: "packages" });
  await python.loadPackage(["numpy", "scipy", "scikit-learn", "pandas"]);
  const archive = await fetch(`${site}skfnn.zip`);
  if (!archive.ok) throw new Error(`skfnn.zip: ${archive.status}`);
  python.unpackArchive(await archive.arrayBuffer(), "zip");
  const engine = await fetch(`${site}engine.py`);
  if (!engine.ok) throw new Error(`engine.py: ${engine.status}`);
  await python.runPythonAsync(await engine.text());
  call = python.globals.get("call");
}

onmessage = async ({ data }) => {
  try {
    if (data.load) {
      await load(data.load);
      postMessage({ id: data.id, answer: "{}" });
    } else {
      postMessage({ id: data.id, answer: call(data.request) });
    }
  } catch (error) {
    postMessage({ id: data.id, failure: String(error) });
  }
};
