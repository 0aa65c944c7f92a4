"""FastAPI as a careful user writes it for pictures: PIL decodes and resizes, numpy normalises, and no thread for each request."""

import io
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import numpy as np
from fastapi import FastAPI, Request, Response
from PIL import Image

from session import Model

app = FastAPI()
model = Model()

HEIGHT, WIDTH = model.row_shape[1:]
MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
STD = np.array([0.229, 0.224, 0.225], dtype=np.float32)
# (pixel / 255 - mean) / std as one multiplication and one addition.
SCALE = 1 / (255 * STD)
OFFSET = -MEAN / STD


@app.post("/predict_photo")
async def predict_photo(request: Request):
    photo = Image.open(io.BytesIO(await request.body())).convert("RGB")
    pixels = np.asarray(photo.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR), dtype=np.float32)
    row = np.ascontiguousarray((pixels * SCALE + OFFSET).transpose(2, 0, 1))[None]
    return Response(model.run(row).tobytes(), media_type="application/octet-stream")
