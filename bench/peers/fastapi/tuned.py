"""FastAPI as a careful user writes it: JSON by orjson both ways, no copies into pydantic's models, no thread for each request."""

import orjson
from fastapi import FastAPI, Request, Response

from service import model, predict_raw

app = FastAPI()
app.post("/predict_raw")(predict_raw)


@app.post("/predict")
async def predict(request: Request):
    rows = model.rows_of_numbers(orjson.loads(await request.body())["data"])
    answer = orjson.dumps({"y": model.run(rows).reshape(-1).tolist()})
    return Response(answer, media_type="application/json")
