"""What scikit-learn, LightGBM and XGBoost become by their converters' defaults, and by the options people set."""
import lightgbm
import numpy as np
import onnxmltools
import xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as ToolsFloat
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest, RandomForestClassifier, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from collection import odd

X, Y = load_iris(return_X_y=True)
X = X.astype(np.float32)
NAMES = np.array(["setosa", "versicolor", "virginica"])
ASK = {"inputs": [{"X": X[::40]}, {"X": X[60:61]}]}


def classifier(target=Y, **options):
    return to_onnx(LogisticRegression(max_iter=500).fit(X, target), X[:1], **options), ASK


@odd
def sklearn_classifier():
    return classifier()


@odd
def sklearn_classifier_of_two():
    return classifier(Y > 0)


@odd
def sklearn_classifier_of_texts():
    return classifier(NAMES[Y])


@odd
def sklearn_classifier_without_zipmap():
    return classifier(options={"zipmap": False})


@odd
def sklearn_classifier_by_columns():
    return classifier(options={"zipmap": "columns"})


@odd
def sklearn_label_alone():
    model, _ = classifier()
    return model, {**ASK, "config": {"outputs": [{"name": "output_label"}]}}


@odd
def sklearn_forest():
    return to_onnx(RandomForestClassifier(10, random_state=0).fit(X, Y), X[:1]), ASK


@odd
def sklearn_forest_regressor():
    return to_onnx(RandomForestRegressor(10, random_state=0).fit(X, Y), X[:1]), ASK


@odd
def sklearn_perceptron():
    return to_onnx(make_pipeline(StandardScaler(), MLPClassifier((8,), max_iter=800, random_state=0)).fit(X, Y), X[:1]), ASK


@odd
def sklearn_several_targets():
    return to_onnx(LinearRegression().fit(X[:, :2], X[:, 2:]), X[:1, :2]), {"inputs": [{"X": X[:3, :2]}]}


@odd
def sklearn_double():
    double = X.astype(np.float64)
    return to_onnx(LinearRegression().fit(double, Y), double[:1]), {"inputs": [{"X": double[:3]}]}


@odd
def sklearn_clusters():
    return to_onnx(KMeans(3, n_init=3, random_state=0).fit(X), X[:1]), ASK


@odd
def sklearn_outliers():
    return to_onnx(IsolationForest(n_estimators=10, random_state=0).fit(X), X[:1], target_opset={"": 17, "ai.onnx.ml": 3}), ASK


@odd
def sklearn_components():
    return to_onnx(PCA(2).fit(X), X[:1]), ASK


@odd
def sklearn_columns_of_types():
    import pandas

    table = pandas.DataFrame({"size": X[:, 0], "kind": NAMES[Y]})
    columns = ColumnTransformer([("n", StandardScaler(), ["size"]), ("k", OneHotEncoder(handle_unknown="ignore"), ["kind"])])
    model = make_pipeline(columns, LogisticRegression(max_iter=500)).fit(table, Y > 1)
    types = [("size", FloatTensorType([None, 1])), ("kind", StringTensorType([None, 1]))]
    inputs = {"size": X[::50, :1], "kind": NAMES[Y[::50]].astype(object).reshape(-1, 1)}
    return to_onnx(model, initial_types=types), {"inputs": [inputs]}


@odd
def sklearn_texts():
    texts = ["good film", "bad film", "very good", "very bad indeed"]
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, [1, 0, 1, 0])
    inputs = {"text": np.array([["a good one"], ["bad"]], object)}
    return to_onnx(model, initial_types=[("text", StringTensorType([None, 1]))]), {"inputs": [inputs]}


FLOATS = [("X", ToolsFloat([None, 4]))]


@odd
def lightgbm_classifier():
    model = lightgbm.LGBMClassifier(n_estimators=5, verbose=-1).fit(X, Y)
    return onnxmltools.convert_lightgbm(model, initial_types=FLOATS), ASK


@odd
def lightgbm_classifier_without_zipmap():
    model = lightgbm.LGBMClassifier(n_estimators=5, verbose=-1).fit(X, (Y > 0).astype(int))
    return onnxmltools.convert_lightgbm(model, initial_types=FLOATS, zipmap=False), ASK


@odd
def lightgbm_regressor():
    model = lightgbm.LGBMRegressor(n_estimators=5, verbose=-1).fit(X, Y)
    return onnxmltools.convert_lightgbm(model, initial_types=FLOATS), ASK


@odd
def xgboost_classifier():
    model = xgboost.XGBClassifier(n_estimators=5).fit(X, Y)
    return onnxmltools.convert_xgboost(model, initial_types=FLOATS), ASK


@odd
def xgboost_regressor():
    model = xgboost.XGBRegressor(n_estimators=5).fit(X, Y)
    return onnxmltools.convert_xgboost(model, initial_types=FLOATS), ASK
