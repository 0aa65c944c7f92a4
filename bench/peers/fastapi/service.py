"""FastAPI as its documentation shows it: one run a request, no batching."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

from session import Model

app = FastAPI()
model = Model()


class Numbers(BaseModel):
    data: list[float]


@app.post("/predict")
def predict(numbers: Numbers):
    return {"y": model.run(model.rows_of_numbers(numbers.data)).reshape(-1).tolist()}


@app.post("/predict_raw")
async def predict_raw(request: Request):
    outputs = model.run(model.rows_of_bytes(await request.body()))
    return Response(outputs.tobytes(), media_type="application/octet-stream")
