"""Scoring: written definitions, intervals, and a report that shows the errors."""

from shouxie.score.evaluation import Evaluation, LineScore, pictures, score_line
from shouxie.score.figures import OutOfCharset, out_of_charset, rates
from shouxie.score.intervals import Interval, bootstrap
from shouxie.score.metrics import Edits, RecMetric, align, count_edits, rec_metric
from shouxie.score.predictions import join, read_predictions, write_predictions
from shouxie.score.report import write_report

__all__ = [
    "Edits",
    "Evaluation",
    "Interval",
    "LineScore",
    "OutOfCharset",
    "RecMetric",
    "align",
    "bootstrap",
    "count_edits",
    "join",
    "out_of_charset",
    "pictures",
    "rates",
    "read_predictions",
    "rec_metric",
    "score_line",
    "write_predictions",
    "write_report",
]
